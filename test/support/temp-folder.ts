import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Creates an empty folder that is deleted after the test. */
export async function makeTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'tdd-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a function that creates empty folders in hooks and tests. They are deleted after the current `describe`. */
export function tempFolders(): () => string {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'tdd-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, 'cwd-'));
}
