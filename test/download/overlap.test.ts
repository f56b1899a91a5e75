import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createOverlap, type Overlap, overlapPartitions } from '../../src/download/overlap.ts';
import { followSignals } from '../../src/follow-signal.ts';

/** Works on a partition's titles as a download does. */
async function download(
  overlap: Overlap,
  titles: readonly string[],
  work: (title: string, lookedUp: () => void) => Promise<void>,
  stop?: AbortSignal,
): Promise<void> {
  const share = overlap.add(titles.length);
  await share.forEach(titles, work, followSignals(stop).signal);
  share.end();
}

describe('createOverlap', () => {
  it('gives slots to the titles of earlier partitions first, and never more than there are connections', async () => {
    const overlap = createOverlap({ connections: 3 });
    const begun: string[] = [];
    let inProgress = 0;
    let most = 0;
    const work = async (title: string) => {
      begun.push(title);
      inProgress += 1;
      most = Math.max(most, inProgress);
      await setImmediate();
      inProgress -= 1;
    };
    const partitions = [['a1', 'a2', 'a3', 'a4', 'a5'], ['b1'], ['c1', 'c2', 'c3', 'c4']];
    await Promise.all(partitions.map((titles) => download(overlap, titles, work)));
    expect(begun).toEqual(partitions.flat());
    expect(most).toBe(3);
  });

  it('looks further titles up while the documents of others are written, up to 60 at once', async () => {
    const overlap = createOverlap({ connections: 2 });
    let begun = 0;
    let write = () => {};
    const writing = new Promise<void>((resolve) => {
      write = resolve;
    });
    const downloaded = download(overlap, new Array<string>(100).fill(''), async (_, lookedUp) => {
      begun += 1;
      await setImmediate();
      lookedUp();
      await writing;
    });
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    expect(begun).toBe(60);
    write();
    await downloaded;
    expect(begun).toBe(100);
  });

  it('begins no title after a stop, and ends when those in progress have ended', async () => {
    const overlap = createOverlap({ connections: 2 });
    const stop = new AbortController();
    const begun: string[] = [];
    const work = async (title: string) => {
      begun.push(title);
      await setImmediate();
      stop.abort();
    };
    await Promise.all(
      [
        ['a1', 'a2', 'a3'],
        ['b1', 'b2'],
      ].map((titles) => download(overlap, titles, work, stop.signal)),
    );
    expect(begun).toEqual(['a1', 'a2']);
  });
});

describe('wanted', () => {
  it('limits the titles of all partitions that are open, done or not', async () => {
    const overlap = createOverlap();
    const shares = [1, 2, 3].map(() => overlap.add(6_000));
    const wanted: number[] = [];
    for (const [n, share] of shares.entries()) {
      await share.forEach([], async () => {}, new AbortController().signal);
      wanted.push(overlap.wanted(n + 1));
    }
    expect(wanted).toEqual([0, 0, 0]);
    shares.pop()?.end();
    expect(overlap.wanted(2)).toBe(1);
    for (const share of shares) share.end();
    expect(overlap.wanted(0)).toBe(3);
  });
});

describe('overlapPartitions', () => {
  /** Downloads partitions of these sizes. @returns how many were wanted each time. */
  async function run(sizes: readonly number[]): Promise<number[]> {
    const overlap = createOverlap();
    const left = [...sizes];
    const asked: number[] = [];
    await overlapPartitions(
      { overlap },
      async (wanted) => {
        asked.push(wanted);
        return left.splice(0, wanted);
      },
      (size) => download(overlap, new Array<string>(size).fill(''), () => setImmediate()),
    );
    expect(left).toEqual([]);
    return asked;
  }

  it.each([
    ['one by one when they are large', new Array(6).fill(500), [1, 1, 1, 1, 1, 1, 1]],
    ['ten at once when they have one title each', new Array(31).fill(1), [1, 10, 10, 10, 2]],
    ['ten at once when they are complete', new Array(31).fill(0), [1, 10, 10, 10, 2]],
    [
      'ten at once when the last five had one title each',
      [500, ...new Array(46).fill(1)],
      [1, 1, 1, 1, 1, 1, 10, 10, 10, 10, 10],
    ],
  ])('takes partitions %s', async (_, sizes, expected) => {
    const asked = await run(sizes);
    expect(asked.slice(0, expected.length - 1)).toEqual(expected.slice(0, -1));
  });

  it('takes nothing after an error, and throws it when everything in progress has ended', async () => {
    const ended: string[] = [];
    const items = ['large', 'failing', 'other', 'other'];
    const overlap = createOverlap();
    const running = overlapPartitions(
      { overlap },
      async () => items.splice(0, 1),
      async (item) => {
        if (item === 'failing') throw new Error('The disk is full.');
        await download(overlap, new Array<string>(100).fill(''), () => setImmediate());
        ended.push(item);
      },
    );
    await expect(running).rejects.toThrow('The disk is full.');
    expect(ended).toEqual(['large']);
  });
});
