import { describe, expect, test } from 'vitest';
import { normalizeArgv, valuesOfFlag } from '../../src/cli/program.ts';

describe('normalizeArgv', () => {
  test.each([
    [
      ['--datalake_bucket_name', 'my_lake'],
      ['--datalake-bucket-name', 'my_lake'],
    ],
    [['--datalake_bucket_name=my_lake'], ['--datalake-bucket-name=my_lake']],
    [
      ['--datalake-bucket-name', 'x'],
      ['--datalake-bucket-name', 'x'],
    ],
    [
      ['--no_verify', '-V', '_', 'a_b'],
      ['--no-verify', '-V', '_', 'a_b'],
    ],
    [
      ['sandbox', '--', 'x', '--a_b'],
      ['sandbox', '--', 'x', '--a_b'],
    ],
    [['--initial=__'], ['--initial=__']],
    [['--key=a\nb_c'], ['--key=a\nb_c']],
  ])('converts %j to %j', (argv, expected) => {
    expect(normalizeArgv(argv)).toEqual(expected);
  });
});

test('valuesOfFlag finds every value, in both forms and joined to the flag', () => {
  const argv = ['--key', 'a', '--kez', 'x', '--key=b', '--key==c', '--keyd', '--key'];
  expect(valuesOfFlag(argv, '--key')).toEqual(['a', 'b', '=c', 'd']);
});
