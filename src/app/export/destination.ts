import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Lake } from '../../lake/lake.ts';
import { quote } from '../../text.ts';

/** The folders of a lake that belong to it; `.tdd` only in a directory. Any other may hold an export. */
const LAKE_FOLDERS = ['imdb', 'tmdb', '.tdd'];

/**
 * Checks that an export does not mix with the objects of a lake. A folder of its own in the lake is fine.
 * @throws {UsageError} when the destination is the lake, or inside one of its folders.
 */
export async function requireOutside(
  { lake }: { readonly lake: Pick<Lake, 'url'> },
  target: Lake,
): Promise<void> {
  const path = await pathWithin(lake.url, target.url);
  const [folder = ''] = path?.split(/[/\\]/) ?? [];
  if (path === undefined || (folder !== '' && !LAKE_FOLDERS.includes(folder))) return;
  const where = folder === '' ? 'is the lake' : `is in the folder ${quote(folder)} of the lake`;
  throw new UsageError(
    `The destination ${quote(target.url, 1_000)} ${where} ${quote(lake.url, 1_000)}: choose another destination, such as ${quote(`${lake.url}/tables`, 1_000)}.`,
  );
}

/** The path of a place within a lake, empty for the lake itself; `undefined` if it is not within the lake. */
async function pathWithin(lakeUrl: string, url: string): Promise<string | undefined> {
  if (isBucket(url) !== isBucket(lakeUrl)) return undefined;
  if (isBucket(url)) {
    const isWithin = `${url}/`.startsWith(`${lakeUrl}/`);
    return isWithin ? url.slice(lakeUrl.length + 1) : undefined;
  }
  const [place, root] = await Promise.all([resolveLinks(url), resolveLinks(lakeUrl)]);
  const path = relative(root, place);
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path;
}

function isBucket(url: string): boolean {
  return url.startsWith('s3://');
}

/** Resolves symbolic links in the part of a path that exists. */
async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await resolveLinks(parent), path.slice(parent.length));
  }
}
