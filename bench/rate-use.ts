import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { TmdbProcess } from './tmdb-process.ts';

/** How a download used the permitted rate. */
export interface RateUse {
  /** Requests to TMDB. */
  readonly requests: number;
  /** From the first request to the last. */
  readonly seconds: number;
  /** The percentage of the permitted requests that were not sent, from the first request until no work was waiting. */
  readonly unusedPercent: number;
  /** The percentage of the requests that TMDB answered with 429. */
  readonly tooManyPercent: number;
}

/** What a download has left to do. `waiting`: partitions that nobody has begun; `open`: partitions in progress. */
export interface WorkLeft {
  readonly waiting: number;
  readonly open: number;
}

const POLL_MS = 250;
const PRINT_MS = 10_000;

/**
 * Follows a download until it has nothing left to do, and prints its rate.
 * @param download.sinceMs when it began, by the clock of the stand-in for TMDB: earlier requests are not counted.
 * @param download.left reads what it has left.
 * @param download.requestsPerSecond the permitted rate.
 * @throws Error when it takes longer than `limitSeconds`.
 */
export async function followRate(
  tmdb: Pick<TmdbProcess, 'ask'>,
  download: {
    readonly name: string;
    readonly requestsPerSecond: number;
    readonly limitSeconds: number;
    readonly sinceMs?: number;
    readonly left: () => Promise<WorkLeft>;
  },
): Promise<RateUse> {
  const { name, requestsPerSecond, limitSeconds, sinceMs = 0, left } = download;
  const startedMs = clockMs();
  let printed = { atMs: startedMs, requests: 0 };
  let lastWaitingMs = startedMs;
  for (;;) {
    const { waiting, open } = await left();
    const nowMs = clockMs();
    if (waiting > 0) lastWaitingMs = nowMs;
    if (nowMs - printed.atMs >= PRINT_MS) {
      const { count } = await tmdb.ask({});
      const perSecond = ((count - printed.requests) / (nowMs - printed.atMs)) * 1_000;
      print(
        `${name}, ${Math.round((nowMs - startedMs) / 1_000)} s: ${perSecond.toFixed(1)} requests/s, ${count} so far; ` +
          `${waiting} partitions waiting, ${open} open; load ${loadavg()[0]?.toFixed(1)}`,
      );
      printed = { atMs: nowMs, requests: count };
    }
    if (waiting + open === 0) break;
    if (nowMs - startedMs > limitSeconds * 1_000)
      throw new Error(`${name} took more than ${limitSeconds} s.`);
    await delay(POLL_MS);
  }
  const report = await tmdb.ask({ isAll: true });
  const requests = report.requests.filter(({ atMs }) => atMs >= sinceMs);
  const firstMs = requests[0]?.atMs ?? Number.NaN;
  const lastMs = requests.at(-1)?.atMs ?? Number.NaN;
  const endMs = Math.min(lastWaitingMs, lastMs);
  const sent = requests.filter(({ atMs }) => atMs <= endMs).length;
  const permitted = ((endMs - firstMs) / 1_000) * requestsPerSecond;
  const tooMany = requests.filter(({ status }) => status === 429).length;
  const use: RateUse = {
    requests: requests.length,
    seconds: (lastMs - firstMs) / 1_000,
    unusedPercent: (1 - sent / permitted) * 100,
    tooManyPercent: (tooMany / requests.length) * 100,
  };
  print(
    `${name}: ${use.requests} requests in ${use.seconds.toFixed(1)} s, ` +
      `${(100 - use.unusedPercent).toFixed(1)} % of the rate in the ${((endMs - firstMs) / 1_000).toFixed(1)} s until ` +
      `nothing was waiting, ${tooMany} answers 429`,
  );
  return use;
}

/** Prints a line of progress. */
export function print(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

/** The clock of the stand-in for TMDB: milliseconds since the epoch, with fractions. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
