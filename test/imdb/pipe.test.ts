import { describe, expect, it } from 'vitest';
import { Pipe } from '../../src/imdb/pipe.ts';

describe('a pipe', () => {
  it('holds one piece and makes the writer wait for the reader', async () => {
    const pipe = new Pipe();
    const log: string[] = [];
    const writing = (async () => {
      for (const piece of ['a', 'b', 'c']) {
        await pipe.push(Buffer.from(piece));
        log.push(`pushed ${piece}`);
      }
      pipe.end();
    })();
    await turn();
    expect(log).toEqual(['pushed a']);
    const pieces: string[] = [];
    for await (const piece of pipe) pieces.push(String(piece));
    await writing;
    expect(pieces).toEqual(['a', 'b', 'c']);
  });

  it('passes a failure to the reader and releases the writer', async () => {
    const pipe = new Pipe();
    await pipe.push(Buffer.from('a'));
    const waiting = pipe.push(Buffer.from('b'));
    pipe.fail(new Error('cut'));
    await waiting;
    await pipe.push(Buffer.from('c'));
    await expect(pipe[Symbol.asyncIterator]().next()).rejects.toThrow('cut');
  });

  it('releases the writer when the reader stops early', async () => {
    const pipe = new Pipe();
    const reading = (async () => {
      for await (const piece of pipe) return String(piece);
      return 'nothing';
    })();
    await pipe.push(Buffer.from('a'));
    expect(await reading).toBe('a');
    await pipe.push(Buffer.from('b'));
    await pipe.push(Buffer.from('c'));
  });
});

/** Waits until all pending callbacks have run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
