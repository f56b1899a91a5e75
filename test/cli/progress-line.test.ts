import { describe, expect, test } from 'vitest';
import { formatDuration, progressLine, progressLogLine } from '../../src/cli/progress-line.ts';

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
      `${'█'.repeat(14)}${'░'.repeat(16)}  45 %  450/1000 titles  14 s left  440 found  10 not found  95 reviews  0 failed  38/s`,
    );
  });

  test('drops what matters least on a narrow one', () => {
    expect(progressLine(view, 60)).toMatch(/^█+░+ {2}45 % {2}450\/1000 titles {2}14 s left {2}440 found$/);
  });

  test.each(Array.from({ length: 120 }, (_, index) => index + 1))('never wraps at %i columns', (width) => {
    expect(progressLine(view, width).length).toBeLessThan(width);
  });

  test('shows nothing to do as done, and no time before there is a rate', () => {
    expect(progressLine({ ...view, done: 0, total: 0, perSecond: undefined, fields: [] }, 80)).toMatch(
      /^█{30} 100 % {2}0\/0 titles$/,
    );
  });
});

test('progressLogLine tells all of it', () => {
  expect(progressLogLine(view)).toBe(
    '450/1000 titles (45 %), 14 s left, 440 found, 10 not found, 95 reviews, 0 failed, 38/s',
  );
});

test.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [133, '2 min 13 s'],
  [3_725, '1 h 02 min'],
])('formatDuration(%d) is %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
