import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatTable } from '../../src/cli/table.ts';

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
