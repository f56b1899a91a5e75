import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { canDraw } from '../../src/cli/io.ts';
import { defuse, widthOf, wrap } from '../../src/cli/terminal-text.ts';

describe('wrap', () => {
  test('breaks lines between words and indents the rest like the beginning', () => {
    expect(wrap('✔ one two three four\n    five six seven\nshort', 13)).toBe(
      '✔ one two\n  three four\n    five six\n    seven\nshort',
    );
  });

  test('indents the rest of a next step to its command', () => {
    expect(wrap('Next: tdd status shows the progress', 22)).toBe(
      'Next: tdd status shows\n      the progress',
    );
  });

  test('does not wrap lines for a pipe', () => {
    const line = 'word '.repeat(100);
    expect(wrap(line, Number.POSITIVE_INFINITY)).toBe(line);
  });

  test('counts wide characters as two columns and colors as none', () => {
    expect(widthOf('\x1b[32m千と千尋\x1b[39m')).toBe(8);
    const wrapped = wrap(`\x1b[2m${'千と千尋の神隠し '.repeat(5)}\x1b[22m`, 40);
    for (const line of wrapped.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(40);
    expect(stripVTControlCharacters(wrapped).replaceAll('\n', ' ').trim()).toBe(
      '千と千尋の神隠し '.repeat(5).trim(),
    );
  });

  test('does not split a long word, such as an ARN to copy', () => {
    const arn = `arn:aws:lambda:us-east-1:000000000000:function:${'f'.repeat(40)}`;
    expect(wrap(`See ${arn} now`, 40).split('\n')).toContain(arn);
  });
});

test('defuse lets colors and line ends pass and escapes every other control character', () => {
  expect(defuse('\x1b[1mbold\x1b[22m\n\x1b]0;x\x07\r\t\u009b31m\u202e\u2028\x7f')).toBe(
    '\x1b[1mbold\x1b[22m\n\\u001b]0;x\\u0007\\u000d\\u0009\\u009b31m\\u202e\\u2028\\u007f',
  );
});

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
  [{ isTTY: false }, {}, false],
])('canDraw(%j, %j) is %j', (terminal, env, expected) => {
  expect(canDraw(Object.assign(new PassThrough(), terminal), env)).toBe(expected);
});
