import { gzipSync } from 'node:zlib';

/** The header of IMDb's list. */
export const HEADER =
  'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres';

/** A row of IMDb's list. */
export function titleRow(
  tconst: string,
  primaryTitle: string,
  startYear: number | string,
  titleType = 'movie',
): string {
  return `${tconst}\t${titleType}\t${primaryTitle}\t${primaryTitle}\t0\t${startYear}\t\\N\t90\tDrama,Comedy`;
}

/** A gzipped snapshot in IMDb's format. */
export function gzipRows(rows: readonly string[], { header = HEADER, lineEnd = '\n' } = {}): Buffer {
  return gzipSync([header, ...rows, ''].join(lineEnd));
}

/** A few titles of several partitions and types. */
export const SOME_ROWS: readonly string[] = [
  titleRow('tt0000001', 'Carmencita', 1894, 'short'),
  titleRow('tt0000574', 'The Story of the Kelly Gang', 1906),
  titleRow('tt0033122', '"Swing it" magistern', 1940),
  titleRow('tt0100001', 'The Heroes', 2004),
  titleRow('tt0100002', 'Àçoures', 2004),
  titleRow('tt0100003', 'A Beautiful Mind', 2004),
  titleRow('tt0100004', 'Theodora 北京', 2004),
  titleRow('tt0100005', '!!!', 2004),
  titleRow('tt0100006', 'Unmade', '\\N'),
  titleRow('tt10000000', 'The Eighth Digit', 2004),
  titleRow('tt10000001', 'An Episode', 2004, 'tvEpisode'),
  titleRow('tt1000001', 'Thea', 2004),
];

/** Splits bytes into pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}
