import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Lake } from '../../lake/lake.ts';
import { quote } from '../../text.ts';

/**
 * Checks that an export does not mix with the objects of a lake.
 * @throws {UsageError} when the destination is the lake or inside it, or contains a lake.
 */
export async function requireOutside(
  { lake }: { readonly lake: Pick<Lake, 'url'> },
  target: Lake,
): Promise<void> {
  if (await isInside(target.url, lake.url))
    throw new UsageError(
      `The destination ${quote(target.url, 1_000)} is ${target.url === lake.url ? '' : 'inside '}the lake ${quote(lake.url, 1_000)}: choose a place outside the lake.`,
    );
}

async function isInside(url: string, lakeUrl: string): Promise<boolean> {
  if (isBucket(url) !== isBucket(lakeUrl)) return false;
  if (isBucket(url)) return `${url}/`.startsWith(`${lakeUrl}/`);
  const [place, root] = await Promise.all([resolveLinks(url), resolveLinks(lakeUrl)]);
  const path = relative(root, place);
  return path !== '..' && !path.startsWith(`..${sep}`) && path !== place;
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
