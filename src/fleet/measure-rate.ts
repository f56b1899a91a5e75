import { type ManifestSummary, RECENT_STEP_MS } from './manifest-summary.ts';

/** The speed at which movies are completed. */
export interface FleetRate {
  readonly moviesPerSecond: number;
  /** The period of the measurement, in seconds. */
  readonly overSeconds: number;
}

const RATE_WINDOW_MS = 300_000;
/** Without a completed movie for this long, there is no rate. */
const SILENCE_MS = 60_000;
/** Workers complete movies all the time, so a gap of this length is a pause. */
const PAUSE_MS = 30_000;
/**
 * Measures the movies completed per second over the last five minutes, or since the last pause. The step of ten
 * seconds in which the launch began counts only if it is the only one, because an earlier run of its partitions may have
 * completed titles just before.
 * @param times.sinceMs the time of the launch.
 * @returns `undefined` until a movie is completed.
 */
export function measureRate(
  summaries: Iterable<ManifestSummary>,
  { nowMs, sinceMs }: { readonly nowMs: number; readonly sinceMs: number },
): FleetRate | undefined {
  const titlesAt = new Map<number, number>();
  for (const { recent } of summaries) {
    for (const [time, titles] of recent) titlesAt.set(time, (titlesAt.get(time) ?? 0) + titles);
  }
  const buckets = [...titlesAt].sort(([a], [b]) => b - a);
  // This machine's clock may be behind that of the workers.
  const endMs = Math.max(nowMs, ((buckets[0]?.[0] ?? 0) + 1) * RECENT_STEP_MS);
  let since = endMs;
  let movies = 0;
  for (const [time, titles] of buckets) {
    const fromMs = time * RECENT_STEP_MS;
    const toMs = fromMs + RECENT_STEP_MS;
    const gapMs = since - toMs;
    if (gapMs >= (movies === 0 ? SILENCE_MS : PAUSE_MS)) break;
    if (fromMs < endMs - RATE_WINDOW_MS || toMs <= sinceMs) break;
    if (fromMs < sinceMs && movies > 0) break;
    movies += titles;
    since = Math.min(since, Math.max(fromMs, sinceMs));
  }
  const overSeconds = Math.max((endMs - since) / 1_000, 1);
  return movies === 0 ? undefined : { moviesPerSecond: movies / overSeconds, overSeconds };
}
