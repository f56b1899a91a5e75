import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { UsageError } from '../src/errors.ts';
import { isFileError } from '../src/lake/directory/file-errors.ts';

/** The folder with everything that a sandbox stores: its AWS, config.ini, cache and `tdd` command. */
export interface StateFolder {
  /** The absolute path. */
  readonly path: string;
  /** Whether the folder is kept when the sandbox ends. */
  readonly isKept: boolean;
  /** Unlocks a folder that is kept; deletes a temporary one. */
  close(): Promise<void>;
}

const MARKER = '.tdd-sandbox';
const MARKER_TEXT = 'The state of a tdd sandbox ("npm run sandbox -- --keep"). It can be deleted.\n';

/**
 * Opens the folder that `--keep` names, or a temporary one.
 * @throws {UsageError} before anything is written, when the folder contains files that are not from a sandbox; when
 *   another sandbox is using it; when it cannot be written.
 */
export async function openStateFolder(keep: string | undefined): Promise<StateFolder> {
  if (keep === undefined) {
    const path = await mkdtemp(join(tmpdir(), 'tdd-sandbox-'));
    return { path, isKept: false, close: () => rm(path, { recursive: true, force: true }) };
  }
  await markFolder(keep);
  return { path: keep, isKept: true, close: await lockFolder(keep) };
}

/** Creates the folder, and its marker as the first file in it, so that a second sandbox recognizes it. */
async function markFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    if (names.includes(MARKER)) return;
    if (names.length === 0) return await writeFile(join(folder, MARKER), MARKER_TEXT);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--keep cannot use "${folder}": ${reason}.`, { cause });
  }
  throw new UsageError(
    `--keep must name a new or empty folder, or one from an earlier sandbox (got "${folder}", which has other files).`,
  );
}

/** Locks the folder: two sandboxes would overwrite each other's state. @throws {UsageError} when it is in use. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
  try {
    return await lock(folder, { lockfilePath: join(folder, 'in-use'), onCompromised: () => undefined });
  } catch (cause) {
    if (!isFileError(cause, 'ELOCKED')) throw cause;
    throw new UsageError(
      `Another sandbox is using "${folder}": leave that one first, or give another --keep DIR.`,
      { cause },
    );
  }
}
