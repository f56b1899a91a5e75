import type { Row } from './rows.ts';

/** Text is passed on in pieces of about this size, since each costs a round trip through a stream. */
const PIECE_CHARS = 512 * 1024;

/** Formats rows, and joins the texts to pieces whose borders do not depend on the batches. */
export async function* joinText(
  batches: AsyncIterable<readonly Row[]>,
  format: (row: Row) => string,
  header = '',
): AsyncGenerator<string> {
  let piece = header;
  for await (const batch of batches) {
    for (const row of batch) {
      piece += format(row);
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
