import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import {
  formatDollars,
  formatDuration,
  formatPercent,
  formatTable,
  formatToCopy,
  formatTook,
  formatTotalDuration,
} from '../../src/cli/format.ts';
import { widthOf } from '../../src/cli/terminal-text.ts';

describe('formatTable', () => {
  test('aligns columns, with numbers on the right and no trailing spaces', () => {
    const columns = [
      { title: 'partition' },
      { title: 'movies', align: 'right' },
      { title: 'state' },
    ] as const;
    const green = pc.createColors(true).green('complete');
    expect(
      formatTable(columns, [
        ['2004/AD', '9', green],
        ['2017/TH', '2214', ''],
      ]),
    ).toBe(['PARTITION  MOVIES  STATE', `2004/AD         9  ${green}`, '2017/TH      2214'].join('\n'));
  });

  const columns = [{ title: 'partition' }, { title: 'reason', wraps: true }];

  test('wraps cells next to the other columns on a narrow terminal', () => {
    const style = { columns: 30, redact: (text: string) => text };
    expect(formatTable(columns, [['2004/AD', 'the worker ran out of memory']], style)).toBe(
      ['PARTITION  REASON', '2004/AD    the worker ran out', '           of memory'].join('\n'),
    );
  });

  test('splits a name that is wider than its column after a slash or hyphen', () => {
    const style = { columns: 30, redact: (text: string) => text };
    expect(formatTable(columns, [['2004/AD', 'see /aws/lambda/films-worker-2']], style)).toBe(
      ['PARTITION  REASON', '2004/AD    see', '           /aws/lambda/films-', '           worker-2'].join(
        '\n',
      ),
    );
    expect(formatTable(columns, [['2004/AD', 'x'.repeat(25)]], style)).toBe(
      ['PARTITION  REASON', `2004/AD    ${'x'.repeat(19)}`, `           ${'x'.repeat(6)}`].join('\n'),
    );
  });

  test('aligns wide characters by their terminal width', () => {
    const table = formatTable(
      [{ title: 'title' }, { title: 'year' }],
      [
        ['千と千尋', '2001'],
        ['Her', '2013'],
      ],
    );
    expect(table.split('\n').map((line) => widthOf(line.replace(/\S+$/, '')))).toEqual([10, 10, 10]);
  });

  test('redacts a secret before it wraps it', () => {
    const key = '0123456789abcdef0123456789abcdef';
    const style = { columns: 30, redact: (text: string) => text.replaceAll(key, '[secret]') };
    expect(formatTable(columns, [['2004/AD', `401 for ${key}`]], style)).toContain('401 for [secret]');
  });
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

test('formatTook shows tenths below ten seconds', () => {
  expect([0.04, 3.64, 9.96, 66.4].map(formatTook)).toEqual(['0.0 s', '3.6 s', '10 s', '1 min 06 s']);
});

test('formatTotalDuration says "< 1 s" rather than "0 s"', () => {
  expect([0, 0.9, 1, 61].map(formatTotalDuration)).toEqual(['< 1 s', '< 1 s', '1 s', '1 min 01 s']);
});

test.each([
  [0, '< $0.01'],
  [0.000_4, '< $0.01'],
  [0.01, '$0.01'],
  [12.345, '$12.35'],
  [1_234.56, '$1,235'],
])('formatDollars(%d) is %s', (dollars, text) => {
  expect(formatDollars(dollars)).toBe(text);
});

test.each([
  [999, 1000, '99 %'],
  [1000, 1000, '100 %'],
  [0, 0, '100 %'],
  [38, 141, '27 %'],
  [1, 1000, '0 %'],
])('formatPercent(%d, %d) is %s, and 100 %% only for the whole', (part, whole, text) => {
  expect(formatPercent(part, whole)).toBe(text);
});

describe('formatToCopy', () => {
  const fields = [
    ['queue', 'arn:aws:sqs:us-east-1:000000000000:films'],
    ['bucket', 'arn:aws:s3:::films'],
  ] as const;

  test('aligns the values next to their names', () => {
    expect(formatToCopy(fields, { columns: 48 })).toBe(
      'queue   arn:aws:sqs:us-east-1:000000000000:films\nbucket  arn:aws:s3:::films',
    );
  });

  test('gives each value a line of its own on a narrow terminal', () => {
    expect(formatToCopy(fields, { columns: 47 })).toBe(
      'queue\n  arn:aws:sqs:us-east-1:000000000000:films\nbucket\n  arn:aws:s3:::films',
    );
  });
});
