import type { Clock } from '../clock.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { OutageError } from '../tmdb/errors.ts';
import type { Deadline } from './deadline.ts';

/** About so long between two questions whether TMDB is back: a fleet of four asks eight times a minute. */
const BETWEEN_MS = 30_000;

/**
 * Waits in place until TMDB answers again, asking one small question now and then. While workers wait they take no
 * messages: an outage of hours costs a fleet's thousands of messages no receives, and TMDB is not hammered.
 * @returns whether it answers; `false` when the invocation's time was up first.
 */
export async function waitForTmdb(
  {
    tmdb,
    clock,
    random,
  }: { readonly tmdb: TmdbClient; readonly clock: Clock; readonly random: () => number },
  { stop, abort }: Deadline,
): Promise<boolean> {
  while (!stop.aborted) {
    try {
      await clock.sleep(BETWEEN_MS * (0.75 + random() / 2), stop);
      await tmdb.get('/3/authentication', {}, () => true, abort);
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      // Any other word from TMDB, even a refused key, is an answer.
      if (!(error instanceof OutageError)) return true;
    }
  }
  return false;
}
