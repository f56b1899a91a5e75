import { createHash, randomUUID } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { makeFolder } from '../lake/directory/make-folder.ts';

/** A download's share of a rate budget that it has in common with other downloads on this machine. */
export interface RateShare {
  /** Counts the running downloads, this one included. It looks at most every {@link READ_EVERY_MS}, and never fails. */
  count(): Promise<number>;
  /** Leaves the budget to the others. */
  leave(): Promise<void>;
}

/** A registration that was not renewed for this time is of a process that was killed. A live process renews it in time. */
const STALE_MS = 10_000;
const RENEW_EVERY_MS = 2_000;
const READ_EVERY_MS = 2_000;
/** A registration that has been stale for this long is deleted; until then, its process may only be suspended. */
const ABANDONED_MS = 3_600_000;

/**
 * Registers a download, so that all downloads on this machine with the same API key and base URL share one rate budget: each
 * sends at its rate divided by their number. A registration is a folder that proper-lockfile renews while the process
 * lives, so it expires after `kill -9` too. The key appears only as part of a SHA-256 hash.
 * @param deps.folder the user's cache folder of this program; it is created.
 * @throws an error of the file system: the download can continue, but cannot know of others.
 */
export async function joinRateBudget(
  { clock, folder }: { readonly clock: Clock; readonly folder: string },
  { apiKey, baseUrl }: { readonly apiKey: string; readonly baseUrl: string },
): Promise<RateShare> {
  const { check, lock } = await import('proper-lockfile');
  const hash = createHash('sha256').update(`${baseUrl}\n${apiKey}`).digest('hex').slice(0, 32);
  const members = join(folder, 'downloads', hash);
  let own: { readonly name: string; readonly release: () => Promise<void> } | undefined;
  let known = 1;
  let readAt = Number.NEGATIVE_INFINITY;

  async function register(): Promise<void> {
    await makeFolder(members);
    const name = randomUUID();
    const onCompromised = () => {
      if (own?.name === name) own = undefined; // The process was suspended: the next count registers it again.
    };
    const release = await lock(join(members, name), {
      ...lockOptions(name),
      update: RENEW_EVERY_MS,
      onCompromised,
    });
    own = { name, release };
  }

  function lockOptions(name: string, stale = STALE_MS) {
    return { lockfilePath: join(members, name), realpath: false, stale };
  }

  async function isAlive(name: string): Promise<boolean> {
    const path = join(members, name);
    if (await check(path, lockOptions(name))) return true;
    if (!(await check(path, lockOptions(name, ABANDONED_MS)))) await rmdir(path).catch(() => undefined);
    return false;
  }

  await register();
  return {
    async count() {
      if (clock.monotonic() - readAt < READ_EVERY_MS) return known;
      readAt = clock.monotonic();
      try {
        if (own === undefined) await register();
        const others = (await readdir(members)).filter((name) => name !== own?.name);
        const alive = await Promise.all(others.map(isAlive));
        known = 1 + alive.filter(Boolean).length;
      } catch {
        // The last number is the best guess.
      }
      return known;
    },
    async leave() {
      await own?.release().catch(() => undefined);
      own = undefined;
    },
  };
}
