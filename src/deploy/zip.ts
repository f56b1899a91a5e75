import { createHash } from 'node:crypto';
import { ZipArchive } from 'archiver';
import { HANDLER } from '../worker-contract.ts';

/** Any fixed date since 1980, the oldest that a zip can hold. */
const FILE_DATE = new Date(Date.UTC(2000, 0, 1));

/** Holds the licences of the packages in the worker's bundle. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * The function's code as Lambda takes it: a zip of the worker's bundle and the licences of its packages. It is
 * reproducible: date and mode are fixed, so that the same files give the same bytes on any machine.
 * @param files.bundle the worker, one ES module with everything it needs.
 * @param files.notices the licences of the packages in the bundle, if it has any.
 * @returns the zip's bytes.
 */
export async function buildZip({
  bundle,
  notices,
}: {
  readonly bundle: Uint8Array;
  readonly notices?: Uint8Array;
}): Promise<Buffer> {
  const archive = new ZipArchive({ zlib: { level: 9 } });
  archive.append(Buffer.from(bundle), { name: HANDLER.file, date: FILE_DATE, mode: 0o644 });
  if (notices) archive.append(Buffer.from(notices), { name: NOTICES_FILE, date: FILE_DATE, mode: 0o644 });
  // Its promise waits for the reader below; a failure rejects both.
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
