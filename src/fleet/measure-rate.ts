import { type ManifestSummary, RECENT_STEP_MS } from './manifest-summary.ts';

/** How fast movies are settled. */
export interface FleetRate {
  readonly moviesPerSecond: number;
  /** Over how long that was measured, seconds. */
  readonly overSeconds: number;
}

const WINDOW_MS = 300_000;
/** Workers write their manifest every five seconds: so long without news is a standstill. */
const STANDSTILL_MS = 60_000;

/**
 * Movies settled a second, over the last five minutes, or since the last standstill of a minute.
 * @returns nothing while nothing is settled.
 */
export function measureRate(summaries: Iterable<ManifestSummary>, nowMs: number): FleetRate | undefined {
  const titlesAt = new Map<number, number>();
  for (const { recent } of summaries) {
    for (const [time, titles] of recent) titlesAt.set(time, (titlesAt.get(time) ?? 0) + titles);
  }
  let since = nowMs;
  let movies = 0;
  for (const [time, titles] of [...titlesAt].sort(([a], [b]) => b - a)) {
    const fromMs = time * RECENT_STEP_MS;
    if (since - (fromMs + RECENT_STEP_MS) >= STANDSTILL_MS || fromMs < nowMs - WINDOW_MS) break;
    movies += titles;
    since = Math.min(since, fromMs);
  }
  const overSeconds = Math.max((nowMs - since) / 1_000, 1);
  return movies === 0 ? undefined : { moviesPerSecond: movies / overSeconds, overSeconds };
}
