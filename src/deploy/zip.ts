import { createHash } from 'node:crypto';
import { ZipArchive } from 'archiver';
import { HANDLER } from '../worker-contract.ts';

/** An arbitrary fixed date; a zip cannot store dates before 1980. */
const FILE_DATE = new Date(Date.UTC(2000, 0, 1));

/** The file with the licenses of the packages in the worker's bundle. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * Builds the zip that deploys the function's code: the worker's bundle, and the licenses of its packages. The build is
 * reproducible: with a fixed date and file mode, the same files result in the same bytes on any machine.
 * @param files.bundle the worker as one self-contained ES module.
 * @param files.notices the licenses of the packages in the bundle, if any.
 * @returns the bytes of the zip.
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
  // This promise resolves only once the loop below has read the archive; an error rejects both.
  const finalized = archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  await finalized;
  return Buffer.concat(chunks);
}

/** A zip's hash as Lambda reports it (`CodeSha256`): SHA-256 in base64. */
export function codeSha256(zip: Uint8Array): string {
  return createHash('sha256').update(zip).digest('base64');
}
