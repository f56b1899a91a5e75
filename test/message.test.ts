import { describe, expect, it } from 'vitest';
import { MessageError, parseMessage, writeMessage } from '../src/message.ts';

const complete = {
  year: 2004,
  initial: 'AD',
  snapshot: '2026-11-22',
  run: '20261122T101500Z-4f3a2b',
  hop: 3,
  redoBefore: '2026-11-22T10:00:00Z',
  redoIncompleteBefore: '2026-11-22T11:00:00Z',
};

describe('parseMessage', () => {
  it('reads a message that writeMessage has written', () => {
    expect(parseMessage(writeMessage(complete))).toEqual(complete);
    expect(parseMessage(writeMessage({ year: 1999, initial: '__', hop: 0 }))).toEqual({
      year: 1999,
      initial: '__',
      hop: 0,
    });
  });

  it.each([
    ['{"year": "2004", "initial": "AD"}', { year: 2004, initial: 'AD', hop: 0 }],
    ['{"initial": "A ", "year": 2004}', { year: 2004, initial: 'A_', hop: 0 }],
    ['{"year": "1999", "initial": "  "}', { year: 1999, initial: '__', hop: 0 }],
    ['{"year": 2004, "initial": "50", "bucket": "x", "hops": -1}', { year: 2004, initial: '50', hop: 0 }],
  ])('accepts the message of an older producer: %s', (body, message) => {
    expect(parseMessage(body)).toEqual(message);
  });

  it.each([
    ['', /not JSON/],
    ['{"year": 2004, "initial": "AD"', /not JSON/],
    ['\u0000', /not JSON/],
    ['"2004/AD"', /not a JSON object/],
    ['null', /not a JSON object/],
    ['[2004, "AD"]', /not a JSON object/],
    ['{}', /no "year"/],
    ['{"year": 2004}', /no "initial"/],
    ['{"__proto__": {"year": 2004, "initial": "AD"}}', /no "year"/],
    ['{"year": 99999, "initial": "AD"}', /invalid "year".*\(got 99999\)/],
    ['{"year": "99999", "initial": "AD"}', /invalid "year".*\(got "99999"\)/],
    ['{"year": 2004.5, "initial": "AD"}', /year/],
    ['{"year": "0x7d4", "initial": "AD"}', /year/],
    ['{"year": [2004], "initial": "AD"}', /year/],
    ['{"year": null, "initial": "AD"}', /year/],
    ['{"year": 2004, "initial": ""}', /initial/],
    ['{"year": 2004, "initial": "ADA"}', /initial/],
    ['{"year": 2004, "initial": ".."}', /invalid "initial".*\(got "\.\."\)/],
    ['{"year": 2004, "initial": "/."}', /initial/],
    ['{"year": 2004, "initial": "../../imdb"}', /initial/],
    ['{"year": 2004, "initial": "%2"}', /initial/],
    ['{"year": 2004, "initial": "A\\n"}', /initial/],
    ['{"year": 2004, "initial": 50}', /invalid "initial".*\(got 50\)/],
    ['{"year": 2004, "initial": {"toUpperCase": 1}}', /initial/],
    [
      '{"year": 2004, "initial": "AD", "snapshot": "2026-02-30"}',
      /invalid "snapshot": .*\(got "2026-02-30"\)/,
    ],
    ['{"year": 2004, "initial": "AD", "snapshot": "2026-13-01"}', /snapshot/],
    ['{"year": 2004, "initial": "AD", "snapshot": "../2026-11-22"}', /snapshot/],
    ['{"year": 2004, "initial": "AD", "snapshot": 20261122}', /snapshot/],
    ['{"year": 2004, "initial": "AD", "snapshot": null}', /snapshot/],
    ['{"year": 2004, "initial": "AD", "run": "../run"}', /invalid "run"/],
    ['{"year": 2004, "initial": "AD", "run": ""}', /run/],
    ['{"year": 2004, "initial": "AD", "run": 7}', /run/],
    ['{"year": 2004, "initial": "AD", "hop": -1}', /invalid "hop": .*\(got -1\)/],
    ['{"year": 2004, "initial": "AD", "hop": "1"}', /hop/],
    ['{"year": 2004, "initial": "AD", "hop": 1.5}', /hop/],
    ['{"year": 2004, "initial": "AD", "hop": 1e300}', /hop/],
    [
      '{"year": 2004, "initial": "AD", "redoBefore": "yesterday"}',
      /invalid "redoBefore": .*\(got "yesterday"\)/,
    ],
    ['{"year": 2004, "initial": "AD", "redoBefore": "2026-11-22"}', /redoBefore/],
    ['{"year": 2004, "initial": "AD", "redoBefore": "2026-02-30T10:00:00Z"}', /redoBefore/],
    ['{"year": 2004, "initial": "AD", "redoBefore": "2026-11-22T25:00:00Z"}', /redoBefore/],
    ['{"year": 2004, "initial": "AD", "redoBefore": 1763800000}', /redoBefore/],
    ['{"year": 2004, "initial": "AD", "redoIncompleteBefore": "x"}', /redoIncompleteBefore/],
  ])('rejects %s and says why', (body, reason) => {
    expect(() => parseMessage(body)).toThrow(reason);
    expect(() => parseMessage(body)).toThrow(MessageError);
  });

  it('shortens a long body in its error', () => {
    const body = 'x'.repeat(100_000);
    expect(() => parseMessage(body)).toThrow(/^.{1,200}$/);
  });
});
