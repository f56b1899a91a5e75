import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isBucketUrl } from '../../bucket-name.ts';
import { UsageError } from '../../errors.ts';
import type { Lake } from '../../lake/lake.ts';
import { TABLE_NAMES } from '../../tables/schema.ts';
import { quote } from '../../text.ts';

/** The folders of a lake that belong to it; `.tdd` only in a directory. Any other may hold an export. */
const LAKE_FOLDERS = ['imdb', 'tmdb', '.tdd'];

/**
 * Checks that an export does not mix with the objects of a lake. A folder of its own in the lake is fine.
 * @throws {UsageError} when the destination is the lake, or inside one of its folders, or when the lake is in the folder of one
 *   of the tables.
 */
export async function requireOutside(
  { lake }: { readonly lake: Pick<Lake, 'url'> },
  target: Lake,
): Promise<void> {
  const where = await describeOverlap(lake.url, target.url);
  if (where === undefined) return;
  throw new UsageError(
    `The destination ${quote(target.url, 1_000)} ${where} ${quote(lake.url, 1_000)}: choose another destination, such as ${quote(`${lake.url}/tables`, 1_000)}.`,
  );
}

async function describeOverlap(lakeUrl: string, url: string): Promise<string | undefined> {
  const folder = firstFolder(await pathWithin(lakeUrl, url));
  if (folder === '') return 'is the lake';
  if (folder !== undefined && LAKE_FOLDERS.includes(folder))
    return `is in the folder ${quote(folder)} of the lake`;
  const table = firstFolder(await pathWithin(url, lakeUrl));
  const isTable = TABLE_NAMES.some((name) => name === table);
  return table !== undefined && isTable ? `has in its folder ${quote(table)} the lake` : undefined;
}

function firstFolder(path: string | undefined): string | undefined {
  return path?.split(/[/\\]/)[0];
}

/** The path of a place within another, empty for the same place; `undefined` if it is not within the other. */
async function pathWithin(otherUrl: string, url: string): Promise<string | undefined> {
  if (isBucketUrl(url) !== isBucketUrl(otherUrl)) return undefined;
  if (isBucketUrl(url)) {
    const isWithin = `${url}/`.startsWith(`${otherUrl}/`);
    return isWithin ? url.slice(otherUrl.length + 1) : undefined;
  }
  const [place, root] = await Promise.all([resolveLinks(url), resolveLinks(otherUrl)]);
  const path = relative(root, place);
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path;
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
