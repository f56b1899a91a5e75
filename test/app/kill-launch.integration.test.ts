import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLatestLaunch } from '../../src/app/launch-store.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';

const CHILD = fileURLToPath(new URL('./launch-child.ts', import.meta.url));

describe('a launch that is killed', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tdd-kill-'));
    writeFileSync(join(folder, 'queue'), '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const startChild = () =>
    spawn(process.execPath, ['--import', 'tsx', CHILD, join(folder, 'lake'), join(folder, 'queue')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const bodies = () => readFileSync(join(folder, 'queue'), 'utf8').split('\n').filter(Boolean);

  it('resumes from its plan without missing a partition, and sends few twice', async () => {
    const first = startChild();
    const watcher = watch(join(folder, 'queue'), () => {
      if (bodies().length >= 900) first.kill('SIGKILL');
    });
    const [, signal] = await once(first, 'exit');
    watcher.close();
    expect(signal).toBe('SIGKILL');
    const sentByFirst = bodies().length;
    expect(sentByFirst).toBeLessThan(2_000);

    const second = startChild();
    let output = '';
    second.stdout.on('data', (chunk) => {
      output += chunk;
    });
    expect((await once(second, 'close'))[0]).toBe(0);
    const { sent, sentBefore } = JSON.parse(output);
    expect(sent).toBe(2_000);
    const all = bodies();
    expect(new Set(all).size).toBe(2_000);
    // Acknowledged but not yet marked: those of one or two writes, and the eight batches in flight.
    expect(all.length - 2_000).toBe(sentByFirst - sentBefore);
    expect(all.length - 2_000).toBeLessThanOrEqual(2 * (250 + 80));
    const lake = createDirectoryLake({ directory: join(folder, 'lake') });
    const stored = await readLatestLaunch({ lake });
    expect(stored?.fleet.finishedAt).toBeDefined();
    expect(new Set(all.map((body) => JSON.parse(body).run))).toEqual(new Set([stored?.fleet.run]));
  });
});
