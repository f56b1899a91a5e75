import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isBucketUrl } from '../../bucket-name.ts';
import { UsageError } from '../../errors.ts';
import { isFileError } from '../../lake/directory/file-errors.ts';
import type { Lake } from '../../lake/lake.ts';
import { EXPORT_RECORD_KEY } from '../../tables/export-keys.ts';
import { quote } from '../../text.ts';

/** Explains that a lake has nothing to export. It may be an export, or a folder of a lake. */
export async function explainEmptyLake({ lake }: { readonly lake: Lake }): Promise<UsageError> {
  const name = quote(lake.url, 1_000);
  if ((await lake.read(EXPORT_RECORD_KEY)) !== undefined)
    return new UsageError(`${name} is an export, not a lake: name the lake from which it was written.`);
  const outer = isBucketUrl(lake.url) ? undefined : await findLakeAround(lake.url);
  const rest = outer === undefined ? 'there is nothing to export.' : `is ${quote(outer, 1_000)} the lake?`;
  return new UsageError(`The lake ${name} contains no downloads: ${rest}`);
}

/** Returns the closest parent directory that has the folders of a lake. */
async function findLakeAround(directory: string): Promise<string | undefined> {
  const parent = dirname(directory);
  if (parent === directory) return undefined;
  for (const folder of ['movies', 'manifests']) if (await exists(join(parent, 'tmdb', folder))) return parent;
  return findLakeAround(parent);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isFileError(error)) return false;
    throw error;
  }
}
