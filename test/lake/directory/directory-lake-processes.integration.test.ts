import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { lockPath } from '../../../src/lake/directory/compare-and-swap.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import type { Wait } from '../../../src/wait.ts';
import { listAll } from '../lake-contract.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tdd-lake-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const newDirectory = () => mkdtemp(join(folder, 'lake-'));

describe('several processes that share a directory lake', () => {
  test('lose none of 100 swaps by two processes', async () => {
    const directory = await newDirectory();
    const children = [startProcess('increment', directory, '50'), startProcess('increment', directory, '50')];
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));
    expect(codes).toEqual([0, 0]);
    const lake = createDirectoryLake({ directory });
    expect((await lake.read('counter'))?.body.toString()).toBe('100');
    expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(['counter']);
    expect(await readdir(join(directory, '.tdd', 'unfinished'))).toEqual([]);
    expect(await readdir(join(directory, '.tdd', 'locks'))).toEqual([]);
  });

  test('leave no partial object when they are killed during a write', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    const keys = ['streamed', 'swapped', 'written'];
    for (let kill = 0; kill < 3; kill += 1) {
      const child = startProcess('write', directory);
      const closed = once(child, 'close');
      const version = (await lake.read('written'))?.etag;
      // Once its objects exist, the process has started, and a moment later it may be anywhere in its writes. If the
      // previous process was killed during a swap, its own first swap waits for that lock.
      while ((await lake.read('written'))?.etag === version) await checkObjects();
      while ((await lake.read('swapped')) === undefined) await checkObjects();
      for (let reads = 0; reads < 5 * kill; reads += 1) await checkObjects();
      child.kill('SIGKILL');
      await closed;
      await checkObjects();
    }
    expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(keys);

    async function checkObjects(): Promise<void> {
      for (const key of keys) {
        const body = (await lake.read(key))?.body;
        if (body !== undefined) expect(body.equals(Buffer.alloc(1_000_000, body[0])), key).toBe(true);
      }
    }
  });

  test('take over the lock of a killed process, and remove its unfinished files after a day', async () => {
    const directory = await newDirectory();
    const first = createDirectoryLake({ directory });
    const etag = await first.compareAndSwap('m', 'first', 'text/plain', null);
    const locks = join(directory, '.tdd', 'locks');
    const unfinished = join(directory, '.tdd', 'unfinished');
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await mkdir(lockPath(directory, 'm'));
    await utimes(lockPath(directory, 'm'), longAgo, longAgo);
    const names = ['0123456789abcdef-1', '0123456789abcdef-12'];
    for (const name of [...names, 'notes.txt']) {
      await writeFile(join(unfinished, name), 'half');
      await utimes(join(unfinished, name), longAgo, longAgo);
    }
    await writeFile(join(unfinished, 'fedcba9876543210-1'), 'half');

    const second = createDirectoryLake({ directory });
    expect(await second.compareAndSwap('m', 'second', 'text/plain', etag ?? null)).toBeDefined();
    expect(await readdir(unfinished)).toEqual(['fedcba9876543210-1', 'notes.txt']);
    expect(await readdir(locks)).toEqual([]);
  });

  test('report a long wait for a lock that another process holds, and give up after a minute', async () => {
    const directory = await newDirectory();
    const waits: Wait[] = [];
    // Each wait between two attempts counts as a second.
    let seconds = 0;
    const clock: Clock = {
      now: () => seconds * 1_000,
      monotonic: () => seconds * 1_000,
      sleep: async () => {
        seconds += 1;
      },
    };
    const lake = createDirectoryLake({ directory, clock, onWait: (wait) => void waits.push(wait) });
    await lake.compareAndSwap('m', 'first', 'text/plain', null);
    await mkdir(lockPath(directory, 'm'));
    const etag = (await lake.read('m'))?.etag ?? null;
    await expect(lake.compareAndSwap('m', 'second', 'text/plain', etag)).rejects.toThrow(
      /Another process has held the lock .* for a minute/,
    );
    const reason = `Another process holds the lock ${lockPath(directory, 'm')}`;
    expect(waits).toEqual([{ reason, next: 'giving up', untilMs: 60_000 }]);
  });

  test('wait for a lock that another process holds, until the signal is aborted', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    await lake.compareAndSwap('m', 'first', 'text/plain', null);
    await mkdir(lockPath(directory, 'm'));

    const controller = new AbortController();
    const reason = new Error('Time is up.');
    const { signal } = controller;
    const etag = (await lake.read('m'))?.etag ?? null;
    const swap = lake.compareAndSwap('m', 'second', 'text/plain', etag, { signal });
    setImmediate(() => controller.abort(reason));
    await expect(swap).rejects.toBe(reason);
    expect((await lake.read('m'))?.body.toString()).toBe('first');
    expect(await readdir(join(directory, '.tdd', 'unfinished'))).toEqual([]);
  });
});

function startProcess(...args: string[]): ChildProcess {
  const program = fileURLToPath(new URL('./lake-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}
