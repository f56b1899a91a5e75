import type { BadInput } from './bad-input.ts';

const TO = 'download --year 2021 --initial TH --to';

/** The place of a lake: `--to` and the bucket's name. */
export const LAKES: readonly BadInput[] = [
  {
    what: 'a scheme that is not s3',
    argv: `${TO} ftp://lake`,
    exitCode: 2,
    sentence: /^tdd: --to must be a directory or s3:\/\/bucket \(got "ftp:\/\/lake"\)/,
  },
  {
    what: 'a home directory that no shell expanded',
    argv: `${TO} ~/lake`,
    exitCode: 2,
    sentence: /^tdd: --to must not begin with "~" \(got "~\/lake"\): use "\$HOME\/lake"/,
  },
  {
    what: 'a bucket without slashes',
    argv: `${TO} s3:a-lake`,
    exitCode: 2,
    sentence: /^tdd: --to must be .* \(got "s3:a-lake"\): use "s3:\/\/a-lake" for a bucket/,
  },
  {
    what: 'a prefix in a bucket',
    argv: `${TO} s3://a-lake/movies`,
    exitCode: 2,
    sentence: /^tdd: --to must be .*such as s3:\/\/a-lake \(got "s3:\/\/a-lake\/movies"\)/,
  },
  {
    what: 'a bucket name with capitals',
    argv: `${TO} s3://A-Lake`,
    exitCode: 2,
    sentence: /^tdd: --to must be a valid S3 bucket name \(got "A-Lake"\)/,
  },
  { what: 'no bucket name', argv: `${TO} s3://`, exitCode: 2, sentence: /^tdd: --to must be .*\(got "/ },
  {
    what: 'a file in the place of a directory',
    argv: `${TO} lake`,
    files: { lake: '' },
    exitCode: 2,
    sentence: /^tdd: ".*lake" is a file or is inside one: check --to\.$/,
  },
  {
    what: 'an empty place',
    argv: [...TO.split(' '), ''],
    exitCode: 2,
    sentence: /^tdd: --to must be a directory or s3:\/\/bucket \(got ""\)/,
  },
  {
    what: 'a lake with data from another source',
    argv: `${TO} lake`,
    files: { 'lake/tmdb/source.json': '{"tmdb":"https://api.themoviedb.org","imdb":"{imdb}"}\n' },
    exitCode: 2,
    sentence: /contains data from another source \(TMDB_BASE_URL is https:\/\/api\.themoviedb\.org/,
  },
  {
    what: 'an export of a directory that is not there',
    argv: 'export --from lake --to tables',
    exitCode: 2,
    sentence: /^tdd: The directory ".*lake" does not exist: check --from\.$/,
  },
  {
    what: 'an export of a directory without documents',
    argv: 'export --from lake --to tables',
    files: { 'lake/notes.txt': '' },
    exitCode: 2,
    sentence: /^tdd: The lake ".*lake" contains no downloads: there is nothing to export\.$/,
  },
  {
    what: 'an export of a bucket that is not there',
    argv: 'export --from s3://a-lake --to tables',
    exitCode: 2,
    sentence: 'The bucket "a-lake" does not exist: check --from.',
  },
  {
    what: 'an export to a bucket that is not there',
    argv: 'export --from lake --to s3://a-bucket/tables',
    files: { 'lake/notes.txt': '' },
    exitCode: 2,
    sentence: 'The bucket "a-bucket" does not exist: check --to.',
  },
  {
    what: 'an export to a file',
    argv: 'export --from lake --to tables',
    files: { 'lake/notes.txt': '', tables: '' },
    exitCode: 2,
    sentence: /^tdd: ".*tables" is a file or is inside one: check --to\.$/,
  },
];
