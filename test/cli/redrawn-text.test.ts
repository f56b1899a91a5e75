import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createRedrawnText } from '../../src/cli/redrawn-text.ts';

function open(overwrites: boolean) {
  const stream = Object.assign(new PassThrough(), { columns: 10, rows: 5 });
  return {
    stream,
    text: createRedrawnText(stream, { overwrites }),
    written: () => String(stream.read() ?? ''),
  };
}

describe('createRedrawnText', () => {
  it('overwrites the last version in one write, without touching lines above', () => {
    const { text, written } = open(true);
    text.show(() => 'one\n\x1b[32mtwo\x1b[39m');
    text.show(() => 'three');
    expect(written()).toBe('\rone\x1b[K\n\x1b[32mtwo\x1b[39m\x1b[K\n\x1b[J\x1b[2A\rthree\x1b[K\n\x1b[J');
    text.clear();
    expect(written()).toBe('\x1b[1A\r\x1b[J');
  });

  it('redraws over the rewrapped lines when the terminal is resized', () => {
    const { stream, text, written } = open(true);
    text.show(() => `width ${stream.columns}`);
    written();
    stream.columns = 5;
    stream.emit('resize');
    expect(written()).toBe('\x1b[2A\rwidth 5\x1b[K\n\x1b[J');
    text.clear();
    stream.emit('resize');
    expect(written()).toBe('\x1b[2A\r\x1b[J');
  });

  it('shows no more lines than the terminal has', () => {
    const { text, written } = open(true);
    text.show(() => 'a\nb\nc\nd\ne\nf');
    expect(written()).toBe('\ra\x1b[K\nb\x1b[K\nc\x1b[K\nd\x1b[K\n\x1b[J');
  });

  it('prints each version below the previous one when it must not overwrite', () => {
    const { text, written } = open(false);
    text.show(() => 'one');
    text.show(() => 'two');
    text.clear();
    expect(written()).toBe('one\n\ntwo\n\n');
  });
});
