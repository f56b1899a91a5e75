import type { ServerResponse } from 'node:http';
import { gzipRows, HEADER, titleRow } from './snapshot-file.ts';

/** A list of one partition, 2004/AD, with IDs from `tt1000000`. */
export const GOOD_LIST = gzipRows(
  Array.from({ length: 300 }, (_, at) => titleRow(`tt${1_000_000 + at}`, `Adventure ${at * 7919}`, 2004)),
);

/** A response of IMDb that is not its list. */
export interface ImdbFault {
  readonly name: string;
  /** `transient` responses are retried twice, `malformed` ones once. */
  readonly fault: 'transient' | 'malformed';
  /** The predicate of the sentence that reports it. */
  readonly reason: RegExp;
  readonly send: (response: ServerResponse) => void;
}

const HALF = GOOD_LIST.subarray(0, GOOD_LIST.length >> 1);
const PAGE = Buffer.from('<!DOCTYPE html><html><body>Sign in to the network</body></html>');

/** Each fault, with and without a `Content-Length` where a response can lack it. */
export const IMDB_FAULTS: readonly ImdbFault[] = [
  ...inBothForms('half of the list', 'transient', /^is truncated: /, 200, HALF),
  ...inBothForms('no bytes', 'transient', /^is empty: /, 200, Buffer.alloc(0)),
  ...inBothForms('a damaged list', 'malformed', /^is corrupt \(/, 200, damage(GOOD_LIST)),
  ...inBothForms('a web page', 'malformed', /^is a web page instead of a gzip file \(/, 200, PAGE),
  ...inBothForms('text', 'malformed', /^is not a gzip file \(/, 200, Buffer.from(HEADER)),
  ...inBothForms(
    'another file',
    'malformed',
    /^lacks the columns /,
    200,
    gzipRows(['nm1\tFred'], { header: 'nconst\tname' }),
  ),
  ...[403, 404].flatMap((status) =>
    inBothForms(`status ${status}`, 'malformed', httpStatus(status), status, PAGE),
  ),
  ...[429, 500, 503].flatMap((status) =>
    inBothForms(`status ${status}`, 'transient', httpStatus(status), status, PAGE),
  ),
  {
    name: 'a connection closed before the response',
    fault: 'transient',
    reason: /^cannot be downloaded \(/,
    send: (response) => response.destroy(),
  },
  ...[true, false].map(
    (hasLength): ImdbFault => ({
      name: `a connection closed halfway, ${length(hasLength)}`,
      fault: 'transient',
      reason: /^cannot be downloaded \(/,
      send: (response) => {
        response.writeHead(200, hasLength ? { 'content-length': GOOD_LIST.length } : {});
        response.write(HALF, () => response.destroy());
      },
    }),
  ),
];

function inBothForms(
  what: string,
  fault: ImdbFault['fault'],
  reason: RegExp,
  status: number,
  body: Buffer,
): ImdbFault[] {
  return [true, false].map((hasLength) => ({
    name: `${what}, ${length(hasLength)}`,
    fault,
    reason,
    send: (response) => {
      response.writeHead(status, hasLength ? { 'content-length': body.length } : {});
      response.write(body, () => response.end());
    },
  }));
}

function length(hasLength: boolean): string {
  return hasLength ? 'with a length' : 'without a length';
}

function httpStatus(status: number): RegExp {
  return new RegExp(`^cannot be downloaded \\(HTTP ${status}\\): `);
}

function damage(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = bytes.length - 6; // In the checksum.
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
