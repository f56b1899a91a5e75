import { describe, expect, test } from 'vitest';
import { formatNumberOf, quote, shorten, toOneLine } from '../src/text.ts';

/** Sets the terminal's title, forges a line, and changes the color of the following text. */
const HOSTILE = 'a\x1b]0;x\x07\n\u009b31mtdd: all is well\u202e\u2028z';

describe('untrusted text', () => {
  test('is put on one line without control characters', () => {
    expect(toOneLine(HOSTILE)).toBe('a\\u001b]0;x\\u0007 \\u009b31mtdd: all is well\\u202e z');
  });

  test.each([[HOSTILE], [{ name: HOSTILE }]])('%j is quoted without control characters', (value) => {
    expect(quote(value, 200)).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
  });
});

test('shorten counts code points, not surrogates', () => {
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('abcd', 3)).toBe('ab…');
  expect(shorten('🎬🎬🎬', 3)).toBe('🎬🎬🎬');
  expect(shorten('🎬🎬🎬', 2)).toBe('🎬…');
});

test('formatNumberOf uses the singular for 1', () => {
  expect([0, 1, 2_000].map((count) => formatNumberOf(count, 'request'))).toEqual([
    '0 requests',
    '1 request',
    '2,000 requests',
  ]);
});
