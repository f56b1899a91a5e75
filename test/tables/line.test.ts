import { describe, expect, it } from 'vitest';
import { toLine } from '../../src/tables/line.ts';

describe('toLine', () => {
  it.each([
    ['the line feed at the end', '{"a":1}\n', '{"a":1}'],
    ['nothing of a document without one', '{"a": 1, "b":[ ]}', '{"a": 1, "b":[ ]}'],
    ['a byte order mark', '\ufeff{"a":1}\n', '{"a":1}'],
    ['line breaks between tokens', '\r\n{\n  "a": 1,\r\n\t"b":\n[]\r}\n\n', '{ "a": 1, "b": [] }'],
    ['an escaped high surrogate alone', '{"a":"\\ud83d!"}', '{"a":"\\ufffd!"}'],
    ['an escaped low surrogate alone', '{"a":"\\uDE00\\ud83d"}', '{"a":"\\ufffd\\ufffd"}'],
    ['a low surrogate before a pair', '{"a":"\\ude00\\uD83D\\ude00"}', '{"a":"\\ufffd\\uD83D\\ude00"}'],
    [
      'two high surrogates before a low one',
      '{"a":"\\ud83d\\ud83d\\ude00"}',
      '{"a":"\\ufffd\\ud83d\\ude00"}',
    ],
  ])('replaces only %s', (_, text, line) => {
    expect(toLine(text)).toBe(line);
  });

  it.each([
    '{"a":"\\ud83d\\ude00"}',
    '{"a":"\\\\ud83d"}',
    '{"a":"\\\\\\\\ud83d \\"\\n"}',
    '{"a":"\\u2028\u2028\u2029\u0085"}',
    '{"__proto__":{"a":1},"a":9007199254740993,"a":1e400,"b":-0.10}',
    '{"a":"  \\n  "}',
    '{}',
  ])('keeps %j as it is', (text) => {
    expect(toLine(`${text}\n`)).toBe(text);
  });

  it.each([
    '',
    ' ',
    '{"a":',
    '[]',
    'null',
    '"a"',
    '{"a":1}{"a":2}',
    '{"a":1}\n{"a":2}',
    '{"a":"\n"}',
    '\u00a0{}',
  ])('rejects %j, which is not a JSON object', (text) => {
    expect(toLine(text)).toBeUndefined();
  });

  it('takes a time proportional to the length', () => {
    const spaces = ' '.repeat(2_000_000);
    expect(toLine(`{"a":"${spaces}"${spaces}\n}`)).toBe(`{"a":"${spaces}" }`);
  });
});
