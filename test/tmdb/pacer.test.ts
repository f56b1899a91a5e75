import { describe, expect, it } from 'vitest';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** The largest number of sends within any one second. */
function busiestSecond(sends: readonly number[]): number {
  return Math.max(...sends.map((from) => sends.filter((at) => at >= from && at < from + 1_000).length));
}

/** The gaps between sends, in slots. */
function gapsIn(sends: readonly number[], requestsPerSecond: number): number[] {
  return sends.slice(1).map((at, i) => ((at - (sends[i] ?? at)) * requestsPerSecond) / 1_000);
}

async function sendFor(seconds: number, requestsPerSecond: number, stall?: (sends: number) => number) {
  const clock = createFakeClock();
  const pacer = createPacer({ requestsPerSecond, clock });
  const start = clock.monotonic();
  const sends: number[] = [];
  while (clock.monotonic() < start + seconds * 1_000) {
    sends.push(await pacer.take());
    clock.advance(stall?.(sends.length) ?? 0);
  }
  return sends.filter((at) => at < start + seconds * 1_000);
}

describe('createPacer', () => {
  it.each([40, 10, 2.5, 0.5])('sends evenly at %d requests per second', async (rate) => {
    const sends = await sendFor(60, rate);
    expect(sends.length).toBeGreaterThanOrEqual(Math.floor(60 * rate * 0.97));
    expect(sends.length).toBeLessThanOrEqual(Math.ceil(60 * rate * 1.03));
    expect(Math.min(...gapsIn(sends, rate))).toBeGreaterThanOrEqual(1);
  });

  it('catches up after stalls of 80 ms without a burst', async () => {
    const sends = await sendFor(60, 40, (n) => (n % 40 === 0 ? 80 : 0));
    expect(sends.length).toBeGreaterThanOrEqual(60 * 40 * 0.97);
    expect(busiestSecond(sends)).toBeLessThanOrEqual(40);
    expect(Math.min(...gapsIn(sends, 40))).toBeGreaterThanOrEqual(0.66);
  });

  it('makes up for a short idle time without exceeding the rate in any second', async () => {
    const idle = await sendFor(60, 10, (n) => (n % 50 === 0 ? 300 : 0));
    expect(idle.length).toBeGreaterThanOrEqual(60 * 10 * 0.97);
    expect(busiestSecond(idle)).toBeLessThanOrEqual(10);
  });

  it('keeps four pacers within their combined rate despite network jitter', async () => {
    const clock = createFakeClock();
    const end = clock.monotonic() + 60_000;
    const arrivals: number[] = [];
    let jitter = 1;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const pacer = createPacer({ requestsPerSecond: 10, clock });
        for (let at = await pacer.take(); at < end; at = await pacer.take()) {
          jitter = (jitter * 16_807) % 2_147_483_647; // A Park–Miller generator gives the same numbers in every run.
          arrivals.push(at + (jitter % 1_200) / 100);
        }
      }),
    );
    expect(arrivals.length).toBeGreaterThanOrEqual(40 * 60 * 0.97);
    expect(busiestSecond(arrivals)).toBeLessThanOrEqual(40);
  });

  it('does not burst after minutes without callers', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    await pacer.take();
    clock.advance(300_000);
    const sends: number[] = [];
    for (let i = 0; i < 4_000; i += 1) sends.push(await pacer.take());
    expect(busiestSecond(sends)).toBeLessThanOrEqual(40);
    // At most half a second of slots is made up for; after that, sends are even again.
    expect(Math.min(...gapsIn(sends.slice(3_000), 40))).toBeGreaterThanOrEqual(1);
  });

  it('serves callers in order', async () => {
    const pacer = createPacer({ requestsPerSecond: 40, clock: createFakeClock() });
    const served: number[] = [];
    await Promise.all([1, 2, 3, 4, 5].map((n) => pacer.take().then(() => served.push(n))));
    expect(served).toEqual([1, 2, 3, 4, 5]);
  });

  it('pauses for one second after a first 429, or for Retry-After if that is above 0', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    const first = await pacer.take();
    pacer.throttled(first, 0);
    const second = await pacer.take();
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    clock.advance(60_000);
    const third = await pacer.take();
    pacer.throttled(third, 7_000);
    expect((await pacer.take()) - third).toBeGreaterThanOrEqual(7_000);
  });

  it('halves the rate at a second 429 within ten seconds, and recovers within thirty', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    pacer.throttled(await pacer.take());
    pacer.throttled(await pacer.take());
    const paused = await pacer.take();
    const gap = (await pacer.take()) - paused;
    expect(gap).toBeGreaterThan(40);
    expect(gap).toBeLessThanOrEqual(50);
    clock.advance(31_000);
    await pacer.take();
    const back = await pacer.take();
    for (let i = 0; i < 40; i += 1) await pacer.take();
    expect(((await pacer.take()) - back) / 41).toBeLessThanOrEqual(25.5);
  });

  it('counts 429s once if their requests were in flight together', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    const sentAt = [await pacer.take(), await pacer.take(), await pacer.take()];
    clock.advance(100);
    for (const at of sentAt) {
      pacer.throttled(at);
      clock.advance(50);
    }
    const paused = await pacer.take();
    expect((await pacer.take()) - paused).toBeLessThanOrEqual(26);
  });

  it('does not use a slot for an aborted caller', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 1, clock });
    const first = await pacer.take();
    const abort = new AbortController();
    const aborted = pacer.take(abort.signal);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect((await pacer.take()) - first).toBe(1_015);
  });

  it.each([-3_600_000, -500, 500, 3_600_000])(
    'keeps its rate when the date is changed by %d ms',
    async (ms) => {
      const clock = createFakeClock();
      const pacer = createPacer({ requestsPerSecond: 40, clock });
      const sends: number[] = [];
      for (let i = 0; i < 400; i += 1) {
        if (i % 20 === 0) clock.setForward(ms);
        await pacer.take();
        sends.push(clock.monotonic());
      }
      expect(busiestSecond(sends)).toBeLessThanOrEqual(40);
      expect(Math.min(...gapsIn(sends, 40))).toBeGreaterThanOrEqual(1);
      expect(((sends.at(-1) ?? 0) - (sends[0] ?? 0)) / 399).toBeCloseTo(25, 0);
    },
  );

  it.each([-3_600_000, 3_600_000])(
    'pauses as long as TMDB asks when the date is changed by %d ms',
    async (ms) => {
      const clock = createFakeClock();
      const pacer = createPacer({ requestsPerSecond: 40, clock });
      const before = await pacer.take();
      pacer.throttled(before, 60_000);
      const paused = pacer.take();
      clock.setForward(ms);
      expect((await paused) - before).toBeGreaterThanOrEqual(60_000);
      expect((await paused) - before).toBeLessThanOrEqual(61_000);
    },
  );

  it('changes its rate without a burst', async () => {
    const pacer = createPacer({ requestsPerSecond: 40, clock: createFakeClock() });
    const take = async (count: number) => {
      const sends: number[] = [];
      for (let i = 0; i < count; i += 1) sends.push(await pacer.take());
      return sends;
    };
    const whole = await take(100);
    pacer.setRate(40 / 3);
    const third = await take(100);
    pacer.setRate(40);
    const again = await take(100);
    expect(busiestSecond([...whole, ...third, ...again])).toBeLessThanOrEqual(40);
    expect(busiestSecond(third)).toBeLessThanOrEqual(14);
    expect(Math.min(...gapsIn(third, 40 / 3))).toBeGreaterThanOrEqual(0.66);
    expect(Math.min(...gapsIn(again, 40))).toBeGreaterThanOrEqual(0.66);
  });
});
