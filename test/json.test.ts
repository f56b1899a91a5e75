import { describe, expect, it } from 'vitest';
import { formatExactJson, isRecord, parseExactJson } from '../src/json.ts';

describe('JSON that is parsed and formatted again', () => {
  it.each([
    ['integers beyond 2^53', '[9007199254740993,-9007199254740995,123456789012345678901234567890]'],
    ['numbers beyond double', '{"a":1e400,"b":[-1E+400],"c":{"d":1e-400}}'],
    ['more digits than a double has', '[7.12345678901234567890123,0.1000000000000000055]'],
    ['numbers within strings', '{"1e400":"a \\"9007199254740993, 1e400\\" \\\\","b":1e400}'],
    [
      'strings like the marks',
      '{"ExactNumber":"ExactNumber1","ExactNumber0#":"ExactNumber1#2e400","c":3e400}',
    ],
    ['other keys', '{"__proto__":{"a":1e400},"":[1e400,null,true]}'],
    ['lone surrogates', '["\\ud800",1e400]'],
  ])('keeps %s', (_, text) => {
    expect(formatExactJson(parseExactJson(text))).toBe(text);
  });

  it('keeps strings that are escaped marks', () => {
    const text = '{"a":"\\u0045xactNumber1e400","b":1e400}';
    expect(formatExactJson(parseExactJson(text))).toBe('{"a":"ExactNumber1e400","b":1e400}');
  });

  it('has numbers that JavaScript can hold as numbers', () => {
    const text =
      '[1.50, 1e3, 1E-2, 100000000000000000000, 9007199254740992, 0.30000000000000004, -0.0, 0e999, 5e-324]';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });

  it('has other numbers as neither numbers nor objects', () => {
    const [number] = parseExactJson('[9007199254740993]') as unknown[];
    expect(typeof number).not.toBe('number');
    expect(isRecord(number)).toBe(false);
  });

  it.each([
    '',
    '{"a":1e400',
    '[1e400"]',
    '{"a": 9007199254740993.}',
    `${'['.repeat(20_000)}1e400${']'.repeat(20_000)}`,
  ])('returns undefined for what it cannot parse (%#)', (text) =>
    expect(parseExactJson(text)).toBeUndefined(),
  );

  it.each([
    ['the mark repeated', 'ExactNumber'.repeat(100_000)],
    ['a long mark', `ExactNumber${'#'.repeat(100_000)}`],
    ['a long number in the mark', `ExactNumber${'0'.repeat(100_000)}#`],
    ['many marks', Array.from({ length: 50_000 }, (_, n) => `ExactNumber${n}#`).join('')],
  ])('keeps a long text with %s', (_, text) => {
    const json = `{"a":${JSON.stringify(text)},"b":1e400}`;
    expect(formatExactJson(parseExactJson(json))).toBe(json);
    expect(formatExactJson({ text })).toBe(JSON.stringify({ text }));
  });

  it('reads a long text quickly', () => {
    const text = JSON.stringify({ text: '\\"'.repeat(1_000_000), number: 1 }).replace('1}', '1e400}');
    expect(formatExactJson(parseExactJson(text))).toBe(text);
  });
});
