import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createRandom } from '../../sandbox/random.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { exportTo, fillLake, type LakeSize } from './export-lake.ts';

const CHILD = fileURLToPath(new URL('./export-child.ts', import.meta.url));
const YEARS: LakeSize = Object.fromEntries(
  Array.from({ length: 12 }, (_, n) => [1990 + n, { AB: 3, AD: 2, TH: 4, ZU: 1 }]),
);

test('an export that is killed five times and run again equals an undisturbed one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-kill-export-'));
  try {
    const [from, to, undisturbed] = ['lake', 'killed', 'undisturbed'].map((name) => join(folder, name));
    if (from === undefined || to === undefined || undisturbed === undefined) throw new Error('No folder.');
    const lake = createDirectoryLake({ directory: from });
    await fillLake(lake, YEARS);
    const random = createRandom(12);
    for (let kill = 0; kill < 5; kill += 1) expect(await run(from, to, random.int(1, 14))).toBe('SIGKILL');
    expect(await run(from, to, Infinity)).toBeNull();

    const target = createDirectoryLake({ directory: undisturbed });
    const { documentsRead } = await exportTo(lake, target, { format: 'jsonl' });
    expect(documentsRead).toBe(0);
    const files = await readFiles(undisturbed);
    expect(Object.keys(files)).toHaveLength(3 * 12 + 1);
    expect(await readFiles(to)).toEqual(files);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Runs an export and kills it after some lines of its output. @returns the signal that ended it. */
async function run(from: string, to: string, lines: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, from, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let count = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    count += text.split('\n').length - 1;
    if (count >= lines) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  return signal;
}

/** Reads the files of an export, except for its scripts, which name its place. */
async function readFiles(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const wanted = names.filter((name) => !name.startsWith('.tdd') && /\.(?:gz|json)$/.test(name)).sort();
  const files = wanted.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const);
  return Object.fromEntries(await Promise.all(files));
}
