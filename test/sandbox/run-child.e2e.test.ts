import { spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { runChild } from '../../sandbox/run-child.ts';
import { SANDBOX_PROGRAM } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** Reports each SIGTERM, and exits when its stdin ends. */
const STUBBORN = `
  process.on('SIGTERM', () => console.log('SIGTERM'));
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log('ready');
`;

it('keeps the sandbox running until its command has ended, even after a second Ctrl-C', async () => {
  const folder = await makeTempFolder();
  const tdd = spawn(process.execPath, [...SANDBOX_PROGRAM, process.execPath, '-e', STUBBORN], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', TMPDIR: folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = text(tdd.stderr);
  const closed = once(tdd, 'close');
  let reported = 0;
  for await (const [line] of on(tdd.stdout.setEncoding('utf8'), 'data', { close: ['close'] })) {
    if (line.includes('SIGTERM')) reported += 1;
    if (reported === 2) break;
    tdd.kill('SIGINT');
  }
  tdd.stdin.end();
  expect(await closed).toEqual([130, null]);
  expect(reported).toBe(2);
  // The command has reported the cancellation itself.
  expect(await stderr).toBe('');
  expect((await readdir(folder)).filter((name) => name.startsWith('tdd-'))).toEqual([]);
});

it('reports a Ctrl-C while the sandbox starts, and leaves no folder', async () => {
  const folder = await makeTempFolder();
  const tdd = spawn(process.execPath, [...SANDBOX_PROGRAM, 'true'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', TMPDIR: folder, TSX_DISABLE_CACHE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A separate process group, which receives Ctrl-C as on a terminal: tsx's compiler ends, too.
    detached: true,
  });
  const watcher = watch(folder, (_, name) => {
    if (!name?.startsWith('tdd-sandbox-')) return;
    watcher.close();
    process.kill(-(tdd.pid ?? 0), 'SIGINT');
  });
  const [stderr, [exitCode]] = await Promise.all([text(tdd.stderr), once(tdd, 'close')]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'tdd: Cancelled.\n' });
  expect((await readdir(folder)).filter((name) => name.startsWith('tdd-'))).toEqual([]);
});

// tsx's own command kills a process that takes longer than 60 ms to handle Ctrl-C.
it.each(['start', 'sandbox'])('runs "npm run %s" in Node itself', async (name) => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(scripts[name]).toContain('&& node --import tsx sandbox/main.ts');
});

it('allows only one sandbox at a time in a kept folder', async () => {
  const folder = await makeTempFolder();
  const open = (...command: string[]) =>
    spawn(process.execPath, [...SANDBOX_PROGRAM, '--keep', 'kept', '--titles', '80', '--', ...command], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', TMPDIR: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const first = open(process.execPath, '-e', STUBBORN);
  const firstClosed = once(first, 'close');
  await once(first.stdout, 'data');
  const second = open('true');
  const [stderr, [exitCode]] = await Promise.all([text(second.stderr), once(second, 'close')]);
  expect(stderr).toContain('Another sandbox is using');
  expect(exitCode).toBe(2);
  first.stdin.end();
  expect(await firstClosed).toEqual([0, null]);
  const third = open('true');
  expect(await once(third, 'close')).toEqual([0, null]);
});

it('forwards SIGTERM to a command on a terminal', async () => {
  const signals = new EventEmitter();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const io = { argv: [], env: {}, cwd: '/', stdin, stdout: stdin, stderr: stdin, signals };
  const { signal } = new AbortController();
  const running = runChild({ io, signal }, process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], {});
  signals.emit('SIGTERM');
  expect(await running).toBe(128 + 15);
});
