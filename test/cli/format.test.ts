import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatDuration, formatTable } from '../../src/cli/format.ts';

test('formatTable aligns columns, numbers on the right, without blanks at the end', () => {
  const columns = [{ title: 'partition' }, { title: 'movies', align: 'right' }, { title: 'state' }] as const;
  const green = pc.createColors(true).green('complete');
  expect(
    formatTable(columns, [
      ['2004/AD', '9', green],
      ['2017/TH', '2214', ''],
    ]),
  ).toBe(['PARTITION  MOVIES  STATE', `2004/AD         9  ${green}`, '2017/TH      2214'].join('\n'));
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
