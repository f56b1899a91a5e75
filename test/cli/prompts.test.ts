import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { createPrompter } from '../../src/cli/prompts.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { CancelledError, UsageError } from '../../src/errors.ts';

function setUp({ isTTY = true, env = {} }: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin });
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const ending = new AbortController();
  const signals = new EventEmitter();
  const secrets = createSecrets();
  const io: Io = {
    argv: [],
    env,
    cwd: '/',
    stdin,
    stdout,
    stderr,
    signals,
  };
  let shown = '';
  stderr.on('data', (chunk) => {
    shown += chunk;
  });
  return {
    prompter: createPrompter({ io, signal: ending.signal, secrets }),
    ending,
    signals,
    stdin,
    stdout,
    shown: () => shown,
    /** Waits until the question is drawn, then types. */
    type: async (question: string, keys: string) => {
      while (!shown.includes(question)) await EventEmitter.once(stderr, 'data');
      stdin.write(keys);
    },
  };
}

describe('the prompter', () => {
  test.each([
    ['y\r', true],
    ['YES\r', true],
    ['n\r', false],
    ['\r', false],
  ])('reads %j as %j when it asks for consent', async (keys, answer) => {
    const { prompter, type } = setUp();
    const [given] = await Promise.all([prompter.confirm({ message: 'Deploy?' }), type('Deploy?', keys)]);
    expect(given).toBe(answer);
  });

  test.each([
    ['my-lake', true],
    ['my-lak', false],
    ['', false],
  ])('accepts a typed %j as consent: %j', async (typed, answer) => {
    const { prompter, type } = setUp();
    const question = { message: 'Type the name:', name: 'my-lake' };
    const [given] = await Promise.all([prompter.confirmByName(question), type('Type', `${typed}\r`)]);
    expect(given).toBe(answer);
  });

  test('asks again after an answer that is neither yes nor no, and shows a declined question without a check mark', async () => {
    const { prompter, type, shown } = setUp({ env: { NO_COLOR: '1' } });
    const answer = prompter.confirm({ message: 'Deploy?' });
    await type('Deploy? (y/N)', 'maybe\r');
    await type('Type y for yes or n for no.', 'n\r');
    expect(await answer).toBe(false);
    expect(shown()).toContain('? Deploy? No');
    expect(shown()).not.toContain('✔');
  });

  test.each(['askText', 'askMasked'] as const)('clears a rejected answer of %s', async (kind) => {
    const { prompter, type, shown } = setUp();
    const parse = (text: string) => {
      if (text === 'right') return text;
      throw new UsageError('Wrong.');
    };
    const answer = prompter[kind]({ message: 'Name:', parse });
    await type('Name:', 'left\r');
    await type('Wrong.', '\r');
    await type('Type an answer, or press Ctrl-C to cancel.', 'right\r');
    expect(await answer).toBe('right');
    if (kind === 'askMasked') expect(shown()).not.toMatch(/left|right/);
  });

  test('removes the error when Enter accepts the default after a rejected answer', async () => {
    const { prompter, type, shown } = setUp({ env: { NO_COLOR: '1' } });
    const parse = (text: string) => {
      if (text === '2004') return text;
      throw new UsageError('Wrong year.');
    };
    const answer = prompter.askText({ message: 'Year:', default: '2004', parse });
    await type('Year:', '19\r');
    await type('> Wrong year.', '\r');
    expect(await answer).toBe('2004');
    const lastFrame = shown().slice(shown().lastIndexOf('Year:'));
    expect(lastFrame).toContain('2004');
    expect(lastFrame).not.toContain('Wrong');
  });

  test('wraps a question so that (y/N) stays in one piece', async () => {
    const { prompter, type, shown } = setUp({ env: { NO_COLOR: '1' } });
    const message = `Send 144 partitions to the queue ${'q'.repeat(40)}?`; // 74 columns, of 80.
    const [given] = await Promise.all([prompter.confirm({ message }), type('(y/N)', 'y\r')]);
    expect(given).toBe(true);
    expect(shown()).toMatch(/the queue\s*\n\s*q+\? \(y\/N\)/);
  });

  test('draws on stderr only, without colors if NO_COLOR is set', async () => {
    const { prompter, type, stdout, shown } = setUp({ env: { NO_COLOR: '1' } });
    await Promise.all([prompter.confirm({ message: 'Deploy?' }), type('Deploy?', 'y\r')]);
    expect(stdout.read()).toBeNull();
    expect(shown()).toContain('Deploy?');
    expect(shown().replaceAll('\x1b', '<esc>')).not.toMatch(/<esc>\[[\d;]*m/);
  });

  test('aborts an open question with the reason of the signal', async () => {
    const { prompter, type, ending } = setUp();
    const reason = new CancelledError('stopped.');
    const answer = prompter.confirm({ message: 'Deploy?' });
    await type('Deploy?', '').then(() => ending.abort(reason));
    await expect(answer).rejects.toBe(reason);
  });

  test.each([
    ['stdin is not a terminal', { isTTY: false }],
    ['CI is set', { env: { CI: '1' } }],
  ])('rejects questions when %s', async (_why, world) => {
    const { prompter } = setUp(world);
    expect(prompter.isInteractive).toBe(false);
    await expect(prompter.confirm({ message: 'Deploy?' })).rejects.toThrow(UsageError);
    await expect(prompter.askText({ message: 'Name:', parse: String })).rejects.toThrow(/"Name:"/);
  });

  test('asks again after Ctrl-Z and fg', async () => {
    const { prompter, signals, stdin, shown, type } = setUp();
    const answer = prompter.askText({ message: 'Year:', parse: String });
    await type('Year:', '19');
    const before = shown().length;
    // As Node's readline does when the process continues.
    signals.emit('SIGCONT');
    stdin.pause();
    while (!shown().includes('Year:', before)) await new Promise((resolve) => setImmediate(resolve));
    stdin.write('2004\r');
    expect(await answer).toBe('2004');
    expect(signals.listenerCount('SIGCONT')).toBe(0);
  });

  test('asks when CI is false', () => {
    expect(setUp({ env: { CI: 'false' } }).prompter.isInteractive).toBe(true);
  });
});
