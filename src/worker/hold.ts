import type { Clock } from '../clock.ts';
import { readAcceptance } from '../tmdb/check-key.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { BaseUrlError, OutageError } from '../tmdb/errors.ts';
import type { Deadline } from './deadline.ts';
import type { Outcome } from './decide-next.ts';
import { type PauseDeps, pauseEventSource } from './pause-event-source.ts';

/** What holds up all messages that a worker has open: an outage of TMDB, a rejected key, or a lake with another source. */
export type HoldCause = Extract<Outcome, { readonly kind: 'outage' | 'keyRefused' | 'otherSource' }>;

/** Holds up all messages of an invocation together: the worker waits for TMDB once, and pauses the fleet once. */
export interface Hold {
  /** Aborts when a hold begins: no partition starts titles. After an outage it is another signal. */
  readonly signal: AbortSignal;
  /** Begins a hold, unless there is one. */
  begin(cause: HoldCause): void;
  /**
   * Waits in place while there is a hold.
   * @returns the outcome of all open messages, or `undefined` if the work can continue.
   */
  settle(): Promise<Outcome | undefined>;
}

/** The dependencies of a hold. */
export interface HoldDeps extends PauseDeps {
  readonly tmdb: TmdbClient;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What a worker remembers between its invocations. */
export interface HoldMemory {
  /** The outage in which the last invocation ended. */
  outage?: HoldCause | undefined;
}

/**
 * Creates the hold of an invocation. If the last one ended in an outage of TMDB, it begins at once: otherwise each invocation
 * would take messages before it noticed, and an outage of hours would use up their receives.
 */
export function createHold(deps: HoldDeps, deadline: Deadline, memory: HoldMemory): Hold {
  let controller = new AbortController();
  let held: Promise<Outcome | undefined> | undefined;

  async function end(cause: HoldCause): Promise<Outcome | undefined> {
    if (cause.kind !== 'outage') {
      return { ...cause, isPaused: await pauseEventSource(deps, deadline, cause.kind) };
    }
    const isUp = await waitForTmdb(deps, deadline);
    memory.outage = isUp ? undefined : cause;
    if (!isUp) return cause;
    controller = new AbortController();
    held = undefined;
    return undefined;
  }

  function begin(cause: HoldCause): void {
    if (held !== undefined) return;
    held = end(cause);
    controller.abort();
  }

  if (memory.outage) begin(memory.outage);
  return {
    get signal() {
      return controller.signal;
    },
    begin,
    settle: async () => held,
  };
}

/** The mean interval between two probes of TMDB. A fleet of 4 workers sends 8 per minute. */
const PROBE_INTERVAL_MS = 30_000;

/**
 * Waits in place until TMDB answers again, and probes it at intervals with jitter. Workers that wait receive no
 * messages, so an outage that lasts hours does not use up the receives of a fleet's messages, and TMDB gets few requests.
 * @returns `true` when TMDB answers, `false` when the time ran out first.
 */
async function waitForTmdb(
  {
    tmdb,
    clock,
    random,
  }: { readonly tmdb: TmdbClient; readonly clock: Clock; readonly random: () => number },
  { stop, abort }: Deadline,
): Promise<boolean> {
  while (!stop.aborted) {
    try {
      await clock.sleep(PROBE_INTERVAL_MS * (0.75 + random() / 2), stop);
      await tmdb.get('/3/authentication', {}, readAcceptance, abort);
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      // Any other error, even a rejected API key, means that TMDB is up.
      if (!(error instanceof OutageError || error instanceof BaseUrlError)) return true;
    }
  }
  return false;
}
