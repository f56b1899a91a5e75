import { createHash } from 'node:crypto';
import { ZipArchive } from 'archiver';
import { HANDLER } from '../worker-contract.ts';

/** The oldest instant that a zip can hold is of 1980; any fixed one does. */
const FILE_DATE = new Date(Date.UTC(2000, 0, 1));

/**
 * The function's code as Lambda takes it: a zip of the worker's bundle, nothing else. The same bundle gives the
 * same bytes on any day, in any time zone and by any user, since its date and mode are fixed.
 * @param bundle the worker, one ES module with all that it needs.
 * @returns the zip's bytes.
 */
export async function buildZip({ bundle }: { readonly bundle: Uint8Array }): Promise<Buffer> {
  const archive = new ZipArchive({ zlib: { level: 9 } });
  archive.append(Buffer.from(bundle), { name: HANDLER.file, date: FILE_DATE, mode: 0o644 });
  // Its own promise waits for the reader below; a failure comes out of both.
  const finalized = archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  await finalized;
  return Buffer.concat(chunks);
}

/** A zip's hash as Lambda tells it (`CodeSha256`): base64. */
export function codeSha256(zip: Uint8Array): string {
  return createHash('sha256').update(zip).digest('base64');
}
