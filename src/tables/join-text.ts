import type { Row } from './rows.ts';

/** Short texts are passed on in pieces of at most this size, since each piece costs a round trip through a stream. */
const PIECE_BYTES = 512 * 1024;
/** The most that UTF-8 needs for a code unit of a string. */
const BYTES_PER_CHAR = 3;

/**
 * Formats rows, and joins the texts to pieces in UTF-8, whose borders do not depend on the batches. Each text is written into
 * its piece at once: encoding a string that was joined from texts takes twice the time.
 */
export async function* joinText(
  batches: AsyncIterable<readonly Row[]>,
  format: (row: Row) => string,
  header = '',
): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let end = piece.write(header);
  for await (const batch of batches) {
    for (const row of batch) {
      const text = format(row);
      const mostBytes = text.length * BYTES_PER_CHAR;
      if (end > 0 && end + mostBytes > PIECE_BYTES) {
        yield piece.subarray(0, end);
        piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
        end = 0;
      }
      if (mostBytes > PIECE_BYTES) yield Buffer.from(text);
      else end += piece.write(text, end);
    }
  }
  if (end > 0) yield piece.subarray(0, end);
}
