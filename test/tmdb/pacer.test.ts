import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../sandbox/tmdb/traffic.ts';
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

  it('pauses for a tenth of a second after a 429, or for Retry-After if that is above 0', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    const first = await pacer.take();
    pacer.throttled(first, 0);
    const second = await pacer.take();
    expect(second - first).toBeGreaterThanOrEqual(100);
    expect(second - first).toBeLessThan(150);
    clock.advance(60_000);
    const third = await pacer.take();
    pacer.throttled(third, 7_000);
    expect((await pacer.take()) - third).toBeGreaterThanOrEqual(7_000);
  });

  it('lowers the rate by 2 % after a 429, by twice as much after each further one, and recovers', async () => {
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    const gap = async () => (await pacer.take()) - (await pacer.take());
    const slowedDown = async (retryAfterMs: number) => {
      pacer.throttled(await pacer.take(), retryAfterMs);
      return 25.375 / -(await gap());
    };
    const factors = [await slowedDown(0), await slowedDown(0), await slowedDown(20_000), await slowedDown(0)];
    [0.98, 0.96, 0.92, 0.84].reduce((before, part, i) => {
      const expected = before * part;
      expect(factors[i]).toBeGreaterThan(expected - 0.001);
      // It has recovered a little in between.
      expect(factors[i]).toBeLessThan(expected + 0.01 * (i + 1));
      return expected;
    }, 1);
    for (let i = 0; i < 10; i += 1) pacer.throttled(await pacer.take());
    expect(pacer.throttled(await pacer.take())).toBe(1_000);
    expect(-(await gap())).toBeGreaterThan(300);
    expect(-(await gap())).toBeLessThanOrEqual(25.375 * 16);
    for (let i = 0; i < 1_000; i += 1) await pacer.take();
    expect(-(await gap())).toBeCloseTo(25.375, 1);
  });

  it.each([
    ['a network that delays some requests', { limit: 40, leastUsed: 0.95, mostThrottled: 0.005 }],
    ['a limit a little below its rate', { limit: 39, leastUsed: 0.95, mostThrottled: 0.005 }],
    ['half of its rate', { limit: 20, leastUsed: 0.75, mostThrottled: 0.02 }],
  ])('uses most of what is permitted: %s', async (_, { limit, leastUsed, mostThrottled }) => {
    const seconds = 600;
    const clock = createFakeClock();
    const pacer = createPacer({ requestsPerSecond: 40, clock });
    const { admit } = createRateLimit(limit);
    const passed: number[] = [];
    const inFlight: Promise<void>[] = [];
    const start = clock.monotonic();
    for (let sends = 0; clock.monotonic() < start + seconds * 1_000; sends += 1) {
      const sentAt = await pacer.take();
      const travelMs = sends % 500 === 499 ? 60 : 20;
      inFlight.push(
        clock.sleep(travelMs).then(async () => {
          const isPassed = admit(clock.monotonic());
          await clock.sleep(60);
          if (isPassed) passed.push(sentAt);
          else pacer.throttled(sentAt);
        }),
      );
    }
    await Promise.all(inFlight);
    expect(passed.length / seconds / limit).toBeGreaterThanOrEqual(leastUsed);
    expect(1 - passed.length / inFlight.length).toBeLessThanOrEqual(mostThrottled);
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
    expect((await pacer.take()) - paused).toBeLessThanOrEqual(25.375 / 0.98 + 0.01);
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
