import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Makes an empty folder that goes with the test. */
export async function makeTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'tdd-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes many empty folders, for hooks as well as tests, that go with the tests of the `describe` it is called in. */
export function tempFolders(): () => string {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'tdd-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, 'cwd-'));
}
