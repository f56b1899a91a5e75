import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { SummaryCache } from '../fleet/summary-cache.ts';

/**
 * A cache in a file of its own for each lake. A file that cannot be read is no cache, and one that cannot be
 * written is not kept: a full disk must not stop anybody from looking at a fleet.
 * @param folder of the user's caches; made by the first write.
 */
export function createSummaryCacheFile(folder: string, lakeUrl: string): SummaryCache {
  const name = createHash('sha256').update(lakeUrl).digest('hex').slice(0, 16);
  const path = join(folder, `manifests-${name}.json`);
  return {
    async read() {
      try {
        return await readFile(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    async write(text) {
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFileAtomic(path, text, { fsync: false });
      } catch {
        // The next look takes longer, nothing else.
      }
    },
  };
}
