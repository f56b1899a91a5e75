import { type BadInput, DOWNLOAD } from './bad-input.ts';

/** IMDb's list. */
export const IMDB: readonly BadInput[] = [
  {
    what: 'a page instead of the list',
    argv: DOWNLOAD,
    imdb: 'html',
    exitCode: 1,
    sentence: /is a web page instead of a gzip file/,
  },
  {
    what: 'a truncated list',
    argv: DOWNLOAD,
    imdb: 'cut gzip',
    exitCode: 1,
    sentence: /is truncated: try again later/,
  },
  {
    what: 'a list without a column',
    argv: DOWNLOAD,
    imdb: 'lacks column',
    exitCode: 1,
    sentence: /lacks the column startYear/,
  },
  {
    what: 'no list',
    argv: DOWNLOAD,
    imdb: '404',
    exitCode: 1,
    sentence: /cannot be downloaded \(HTTP 404\): try again later/,
  },
  {
    what: 'a partition that the list lacks',
    argv: 'download --year 1931 --initial QQ --to lake',
    exitCode: 1,
    sentence: /has no movie in partition 1931\/QQ/,
  },
];
