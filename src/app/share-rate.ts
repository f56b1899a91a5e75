import { createHash, randomUUID } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { isFileError } from '../lake/directory/file-errors.ts';
import { makeFolder } from '../lake/directory/make-folder.ts';

/** A budget of requests per second: that of an API key at a base URL. */
interface RateBudget {
  readonly apiKey: string;
  readonly baseUrl: string;
}

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
  budget: RateBudget,
): Promise<RateShare> {
  const { lock } = await import('proper-lockfile');
  const members = membersFolder(folder, budget);
  let own: { readonly name: string; readonly release: () => Promise<void> } | undefined;

  async function register(): Promise<void> {
    await makeFolder(members);
    const name = randomUUID();
    const onCompromised = () => {
      if (own?.name === name) own = undefined; // The process was suspended: the next count registers it again.
    };
    const release = await lock(join(members, name), {
      ...lockOptions(join(members, name)),
      update: RENEW_EVERY_MS,
      onCompromised,
    });
    own = { name, release };
  }

  let known = 1;
  let readAt: number;

  async function refresh(): Promise<void> {
    readAt = clock.monotonic();
    try {
      if (own === undefined) await register();
      known = 1 + (await countOthers(members, own?.name));
    } catch {
      // The last number is the best guess.
    }
  }

  await register();
  await refresh();
  return {
    async count() {
      if (clock.monotonic() - readAt >= READ_EVERY_MS) await refresh();
      return known;
    },
    async leave() {
      await own?.release().catch(() => undefined);
      own = undefined;
    },
  };
}

/** Counts the running downloads of a budget without joining it: for a forecast. @throws an error of the file system. */
export async function countDownloads(folder: string, budget: RateBudget): Promise<number> {
  const members = membersFolder(folder, budget);
  return countOthers(members).catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return 0;
    throw error;
  });
}

function membersFolder(folder: string, { apiKey, baseUrl }: RateBudget): string {
  const hash = createHash('sha256').update(`${baseUrl}\n${apiKey}`).digest('hex').slice(0, 32);
  return join(folder, 'downloads', hash);
}

async function countOthers(members: string, own?: string): Promise<number> {
  const others = (await readdir(members)).filter((name) => name !== own);
  const alive = await Promise.all(others.map((name) => isAlive(join(members, name))));
  return alive.filter(Boolean).length;
}

async function isAlive(path: string): Promise<boolean> {
  const { check } = await import('proper-lockfile');
  if (await check(path, lockOptions(path))) return true;
  if (!(await check(path, lockOptions(path, ABANDONED_MS)))) await rmdir(path).catch(() => undefined);
  return false;
}

function lockOptions(path: string, stale = STALE_MS) {
  return { lockfilePath: path, realpath: false, stale };
}
