import { type BadInput, DOWNLOAD } from './bad-input.ts';

/** Environment variables and config.ini. */
export const SETTINGS: readonly BadInput[] = [
  {
    what: 'no API key',
    argv: DOWNLOAD,
    env: { TMDB_API_KEY: undefined },
    exitCode: 2,
    sentence: /use --tmdb-api-key, TMDB_API_KEY or \[TMDB\] API_KEY in .*"tdd development"/,
  },
  {
    what: 'no bucket',
    argv: 'status',
    exitCode: 2,
    sentence: /use --datalake-bucket-name, DATALAKE_BUCKET_NAME or .*"tdd development"/,
  },
  {
    what: 'a --config file that does not exist',
    argv: `${DOWNLOAD} --config none.ini`,
    exitCode: 2,
    sentence: /none\.ini does not exist: name another file with --config/,
  },
  {
    what: 'a line of config.ini that is not a setting',
    argv: DOWNLOAD,
    files: { 'config.ini': '[TMDB]\nhello\n' },
    exitCode: 2,
    sentence: /^tdd: Line 2 of .*config\.ini is not a \[SECTION\]/,
  },
  {
    what: 'a config.ini that is not text',
    argv: DOWNLOAD,
    files: { 'config.ini': Uint8Array.of(0, 255, 1, 254) },
    exitCode: 2,
    sentence: /config\.ini is not UTF-8 text/,
  },
  {
    what: 'a rate that is not a number',
    argv: DOWNLOAD,
    env: { TMDB_REQUESTS_PER_SECOND: 'fast' },
    exitCode: 2,
    sentence: /^tdd: TMDB_REQUESTS_PER_SECOND must be a number .*\(got "fast"\)\.$/,
  },
  {
    what: 'a language that is not one',
    argv: DOWNLOAD,
    files: { 'config.ini': '[TMDB]\nLANGUAGE = english\n' },
    exitCode: 2,
    sentence: /^tdd: \[TMDB\] LANGUAGE in .* must be .*\(got "english"\)\.$/,
  },
  {
    what: 'a base URL without a scheme',
    argv: DOWNLOAD,
    env: { TMDB_BASE_URL: 'api.themoviedb.org' },
    exitCode: 2,
    sentence: /^tdd: TMDB_BASE_URL must begin with https?:\/\/.*\(got "api\.themoviedb\.org"\)\.$/,
  },
  {
    what: 'a misspelled key in config.ini',
    argv: 'status',
    files: { 'config.ini': '[DATALAKE]\nBUCKET_NAM = a-lake\n' },
    warning: /^warning: .*BUCKET_NAM\b.*BUCKET_NAME/m,
    exitCode: 2,
    sentence: /use --datalake-bucket-name, DATALAKE_BUCKET_NAME or /,
  },
];
