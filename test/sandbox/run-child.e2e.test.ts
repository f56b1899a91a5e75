import { spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { runChild } from '../../sandbox/run-child.ts';
import { SANDBOX_PROGRAM } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** Tells of each SIGTERM, and ends with its input. */
const STUBBORN = `
  process.on('SIGTERM', () => console.log('told'));
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log('ready');
`;

it('keeps the sandbox until its command has ended, though Ctrl-C comes twice', async () => {
  const folder = await makeTempFolder();
  const tdd = spawn(process.execPath, [...SANDBOX_PROGRAM, process.execPath, '-e', STUBBORN], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', TMPDIR: folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const complaint = text(tdd.stderr);
  const closed = once(tdd, 'close');
  let told = 0;
  for await (const [line] of on(tdd.stdout.setEncoding('utf8'), 'data', { close: ['close'] })) {
    if (line.includes('told')) told += 1;
    if (told === 2) break;
    tdd.kill('SIGINT');
  }
  tdd.stdin.end();
  expect(await closed).toEqual([130, null]);
  expect(told).toBe(2);
  // The command has said what it has to say.
  expect(await complaint).toBe('');
  expect((await readdir(folder)).filter((name) => name.startsWith('tdd-'))).toEqual([]);
});

it('opens a folder that is kept in one sandbox at a time', async () => {
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
  const [complaint, [exitCode]] = await Promise.all([text(second.stderr), once(second, 'close')]);
  expect(complaint).toContain('Another sandbox is open in');
  expect(exitCode).toBe(2);
  first.stdin.end();
  expect(await firstClosed).toEqual([0, null]);
  const third = open('true');
  expect(await once(third, 'close')).toEqual([0, null]);
});

it('passes kill on to a command on a terminal', async () => {
  const signals = new EventEmitter();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const io = { argv: [], env: {}, cwd: '/', stdin, stdout: stdin, stderr: stdin, signals };
  const { signal } = new AbortController();
  const running = runChild({ io, signal }, process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], {});
  signals.emit('SIGTERM');
  expect(await running).toBe(128 + 15);
});
