import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { createOutput } from '../../src/cli/output.ts';
import { createProgress, progressLine, progressLogLine } from '../../src/cli/progress.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { createSuggestions } from '../../src/cli/suggestions.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function setUp({ isTTY = false, quiet = false, waiting = '' } = {}) {
  const clock = createFakeClock();
  const stream = () => Object.assign(new PassThrough(), { isTTY, columns: 60 });
  const stderr = stream();
  const io: Io = {
    argv: [],
    env: { NO_COLOR: '1' },
    cwd: '/',
    stdin: stream(),
    stdout: stream(),
    stderr,
    signals: new EventEmitter(),
  };
  const wording = { secrets: createSecrets(), suggestions: createSuggestions(io) };
  const output = createOutput(io, wording, { json: false, quiet, verbose: false });
  const progress = createProgress({ io, output, clock }, 'titles', waiting ? { waiting } : {});
  return { clock, output, progress, said: () => String(stderr.read() ?? '').replaceAll('\x1b[K', '<clear>') };
}

const state = (done: number) => ({ done, total: 100, fields: [`${done} found`] });

describe('createProgress', () => {
  test('prints a line every few seconds without a terminal, and one at the end', async () => {
    const { clock, progress, said } = setUp();
    progress.update(state(0));
    await clock.sleep(4_000);
    expect(said()).toBe('');
    await clock.sleep(1_500);
    expect(said()).toBe('0 of 100 titles (0 %), 0 found\n');
    progress.update(state(50));
    progress.stop();
    expect(said()).toBe('50 of 100 titles (50 %), 5 s left, 50 found, 9.1/s\n');
    await clock.sleep(20_000);
    expect(said()).toBe('');
  });

  test('draws one line on a terminal, and erases it at the end', async () => {
    const { clock, progress, said } = setUp({ isTTY: true });
    progress.update(state(25));
    await clock.sleep(150);
    expect(said()).toMatch(/^\r█+░+ {2}25 % {2}25 of 100 titles {2}25 found<clear>$/);
    progress.stop();
    expect(said()).toBe('\r<clear>');
  });

  test('shows no rate and no time left before five seconds', async () => {
    const { clock, progress, said } = setUp({ isTTY: true });
    progress.update(state(0));
    await clock.sleep(2_000);
    progress.update(state(1));
    await clock.sleep(150);
    expect(said()).not.toMatch(/left|\/s/);
    await clock.sleep(3_500);
    progress.update(state(50));
    await clock.sleep(150);
    expect(said()).toMatch(/ 6 s left/);
  });

  test('prints other output above the line', async () => {
    const { clock, output, progress, said } = setUp({ isTTY: true });
    progress.update(state(25));
    await clock.sleep(150);
    said();
    output.warn('tt0000001 failed.');
    expect(said()).toMatch(/^\r<clear>warning: tt0000001 failed\.\n\r█.*25 of 100/);
    progress.stop();
    said();
    output.info('Done.');
    expect(said()).toBe('Done.\n');
  });

  test('immediately shows what it is waiting for, and for how long', async () => {
    const { clock, progress, said } = setUp({ isTTY: true, waiting: 'Waiting for a worker' });
    expect(said()).toBe('\rWaiting for a worker … 0 s<clear>');
    await clock.sleep(2_150);
    expect(said()).toMatch(/\rWaiting for a worker … 2 s<clear>$/);
    progress.update(state(25));
    await clock.sleep(150);
    expect(said()).toMatch(/25 of 100 titles/);
  });

  test('is silent with --quiet', async () => {
    const { clock, progress, said } = setUp({ quiet: true });
    progress.update(state(25));
    await clock.sleep(20_000);
    progress.stop();
    expect(said()).toBe('');
  });
});

const view = {
  unit: 'titles',
  done: 450,
  total: 1000,
  perSecond: 38.24,
  fields: ['440 found', '10 not found', '95 reviews', '0 failed'],
};

describe('progressLine', () => {
  test('fills a wide terminal with bar, counts, time left, fields and rate', () => {
    expect(progressLine(view, 140)).toBe(
      `${'█'.repeat(14)}${'░'.repeat(16)}  45 %  450 of 1,000 titles  14 s left  440 found  10 not found  95 reviews  0 failed  38/s`,
    );
  });

  test('drops the least important fields on a narrow terminal', () => {
    expect(progressLine(view, 62)).toMatch(/^█+░+ {2}45 % {2}450 of 1,000 titles {2}14 s left {2}440 found$/);
  });

  test.each(Array.from({ length: 120 }, (_, index) => index + 1))(
    'leaves space for "^C" at %i columns',
    (width) => {
      expect(progressLine(view, width).length).toBeLessThanOrEqual(Math.max(0, width - 3));
    },
  );

  test('shows an empty job as done, and no time left without a rate', () => {
    expect(progressLine({ ...view, done: 0, total: 0, perSecond: undefined, fields: [] }, 80)).toMatch(
      /^█{30} 100 % {2}0 of 0 titles$/,
    );
  });
});

test('progressLogLine shows every field', () => {
  expect(progressLogLine(view)).toBe(
    '450 of 1,000 titles (45 %), 14 s left, 440 found, 10 not found, 95 reviews, 0 failed, 38/s',
  );
});
