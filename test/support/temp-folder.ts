import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder that goes with the test. */
export async function makeTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'tdd-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
