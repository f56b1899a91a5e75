import { answer, type BadInput, DOWNLOAD, PAGE } from './bad-input.ts';

/** What TMDB, or something between us and TMDB, answers. */
export const TMDB: readonly BadInput[] = [
  {
    what: 'nothing listens',
    argv: 'development --datalake-bucket-name a-lake',
    env: { TMDB_BASE_URL: 'http://127.0.0.1:9' },
    exitCode: 1,
    sentence: /Cannot reach TMDB at http:.* \(ECONNREFUSED\): check the network/,
  },
  {
    what: 'a rejected key',
    argv: DOWNLOAD,
    env: { TMDB_API_KEY: 'f'.repeat(32) },
    exitCode: 2,
    sentence: /TMDB rejected the API key: 401/,
  },
  {
    what: 'a page of a proxy instead of the key check',
    argv: 'development --datalake-bucket-name a-lake',
    server: answer(200, PAGE),
    env: { TMDB_BASE_URL: '{server}' },
    exitCode: 1,
    sentence: /TMDB at http:\S+ could not check the API key \(.*JSON/,
  },
];
