import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { AwsError } from './aws-call.ts';

/** Stores the zips of functions and unpacks them. */
export interface CodeStore {
  /**
   * Stores a zip.
   * @throws {AwsError} when it is not a valid zip.
   */
  keep(zip: Buffer): { CodeSha256: string; CodeSize: number };
  /** Returns the path of the zip. */
  fileOf(codeSha256: string): string;
  /** Returns the folder with the zip's files; the first call unpacks them. */
  folderOf(codeSha256: string): string;
}

export function openCodeStore(directory: string): CodeStore {
  const nameOf = (sha256: string) => Buffer.from(sha256, 'base64').toString('hex').slice(0, 16);
  const fileOf = (sha256: string) => join(directory, `${nameOf(sha256)}.zip`);
  return {
    fileOf,
    keep(zip) {
      unzip(zip);
      const CodeSha256 = createHash('sha256').update(zip).digest('base64');
      mkdirSync(directory, { recursive: true });
      writeFileSync(fileOf(CodeSha256), zip);
      return { CodeSha256, CodeSize: zip.length };
    },
    folderOf(codeSha256) {
      const folder = join(directory, nameOf(codeSha256));
      if (existsSync(folder)) return folder;
      const temporary = `${folder}.tmp`;
      rmSync(temporary, { recursive: true, force: true });
      mkdirSync(temporary, { recursive: true });
      for (const [name, bytes] of Object.entries(unzip(readFileSync(fileOf(codeSha256))))) {
        const file = join(temporary, name);
        mkdirSync(dirname(file), { recursive: true });
        if (!name.endsWith('/')) writeFileSync(file, bytes);
      }
      renameSync(temporary, folder);
      return folder;
    },
  };
}

function unzip(zip: Buffer): Record<string, Uint8Array> {
  let files: Record<string, Uint8Array> | undefined;
  try {
    files = unzipSync(zip);
  } catch {
    // Reported below.
  }
  const leadsOut = (name: string) => normalize(name).split(sep).includes('..');
  if (!files || Object.keys(files).length === 0 || Object.keys(files).some(leadsOut)) {
    throw new AwsError(
      400,
      'InvalidParameterValueException',
      files && Object.keys(files).length === 0
        ? 'Uploaded file must be a non-empty zip'
        : 'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  }
  return files;
}
