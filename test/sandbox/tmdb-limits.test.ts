import { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SANDBOX_API_KEY as KEY } from '../../sandbox/tmdb/keys.ts';
import { createRateLimit, maxPerSecond } from '../../sandbox/tmdb/traffic.ts';
import { startTmdbStandIn, type TmdbStandInOptions } from '../../sandbox/tmdb-stand-in.ts';
import { ask } from './ask.ts';
import { makeCatalogue } from './small-catalogue.ts';

const catalogue = makeCatalogue({ titles: 5 });

/** Starts a stand-in whose clock moves only when the test advances it. */
async function startAt(options: Partial<TmdbStandInOptions>) {
  const time = { nowMs: 0, slept: [] as number[] };
  const sleep = async (ms: number): Promise<void> => {
    time.slept.push(ms);
  };
  const tmdb = await startTmdbStandIn({
    catalogue,
    clock: { now: () => time.nowMs, monotonic: () => time.nowMs, sleep },
    ...options,
  });
  const askAt = (nowMs: number, agent?: Agent) => {
    time.nowMs = nowMs;
    return ask(`${tmdb.url}/3/authentication?api_key=${KEY}`, agent ? { agent } : {});
  };
  return { tmdb, time, askAt };
}

describe('the rate limit', () => {
  it('returns 429 above the limit, and does not count rejected requests', async () => {
    const { tmdb, askAt } = await startAt({ requestsPerSecond: 3 });
    const statuses: number[] = [];
    for (const nowMs of [0, 100, 200, 300, 900, 999, 1_000, 1_001, 1_100]) {
      statuses.push((await askAt(nowMs)).status);
    }
    await tmdb.stop();
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 200, 429, 200]);
    expect(tmdb.stats()).toMatchObject({ tooManyRequests: 4, maxPerSecond: 7 });
  });

  it.each([
    [undefined, undefined],
    [0, '0'],
    [2, '2'],
  ])('tells Retry-After %s', async (retryAfterSeconds, header) => {
    const { tmdb, askAt } = await startAt({
      requestsPerSecond: 0,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
    const { status, headers, body } = await askAt(0);
    await tmdb.stop();
    expect([status, headers['retry-after']]).toEqual([429, header]);
    expect(JSON.parse(body)).toMatchObject({ status_code: 25 });
  });

  it('admits everything without a limit', () => {
    const limit = createRateLimit(Number.POSITIVE_INFINITY);
    expect(Array.from({ length: 1_000 }, () => limit.admit(0))).not.toContain(false);
  });
});

describe('maxPerSecond', () => {
  it.each([
    [[], 0],
    [[5], 1],
    [[0, 500, 999, 1_000], 3],
    [[0, 1_000, 2_000], 1],
    [[0, 10, 3_000, 3_001, 3_999.5], 3],
  ])('of %j is %i', (timesMs, most) => {
    expect(maxPerSecond(timesMs)).toBe(most);
  });
});

describe('the connections', () => {
  it.each([
    ['reset', { status: 0, error: 'ECONNRESET' }],
    ['html 403', { status: 403 }],
  ] as const)('above the number are refused by %s', async (tooManySockets, refused) => {
    const { tmdb, askAt } = await startAt({ maxSockets: 2, tooManySockets });
    const agent = new Agent({ keepAlive: true });
    const hold = () => ask(`${tmdb.url}/3/movie/1?api_key=${KEY}`, { agent });
    tmdb.setFaults({ rules: [{ path: '/3/movie/1', kind: 'hang' }] });
    const held = [hold(), hold()];
    while (tmdb.stats().requests.length < 2) await new Promise(setImmediate);
    expect(await askAt(0)).toMatchObject(refused);
    expect(tmdb.stats()).toMatchObject({ refusedSockets: 1, maxSockets: 3 });
    await tmdb.stop();
    await Promise.all(held);
  });

  it('are kept alive and reused', async () => {
    const { tmdb, askAt } = await startAt({});
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const nowMs of [1, 2, 3]) await askAt(nowMs, agent);
    agent.destroy();
    await tmdb.stop();
    expect(tmdb.stats()).toMatchObject({ maxSockets: 1, byStatus: { 200: 3 } });
  });
});

describe('the latency', () => {
  it('delays a response by a random time within the range', async () => {
    const { tmdb, time, askAt } = await startAt({ latencyMs: [100, 300], random: () => 0.25 });
    await askAt(0);
    await tmdb.stop();
    expect(time.slept).toEqual([150]);
  });
});
