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
  {
    what: 'a 401 from a proxy, which says nothing about the key',
    argv: 'development --datalake-bucket-name a-lake',
    server: answer(401, PAGE),
    env: { TMDB_BASE_URL: '{server}' },
    exitCode: 1,
    sentence: /\(401, not from TMDB\)/,
  },
  {
    what: 'a base URL that would send the key unencrypted',
    argv: DOWNLOAD,
    env: { TMDB_BASE_URL: 'http://api.themoviedb.org' },
    exitCode: 2,
    sentence:
      /^tdd: TMDB_BASE_URL must begin with https:\/\/ unless .*\(got "http:\/\/api\.themoviedb\.org"\)\.$/,
  },
  {
    what: 'a proxy that is not a URL',
    argv: DOWNLOAD,
    env: { HTTPS_PROXY: 'proxy example', TMDB_BASE_URL: 'https://api.themoviedb.org' },
    exitCode: 2,
    sentence: /^tdd: HTTPS_PROXY must be the URL of an HTTP proxy/,
  },
  {
    what: 'a certificate that is not trusted',
    argv: 'development --datalake-bucket-name a-lake',
    server: answer(200, '{"success":true}', 'application/json'),
    tls: true,
    env: { TMDB_BASE_URL: '{server}' },
    exitCode: 1,
    sentence: /certificate .*is not trusted/,
  },
];
