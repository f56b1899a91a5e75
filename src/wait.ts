/** A wait that delays a command: a pause that a service asks for, a backoff, or a lock that another process holds. */
export interface Wait {
  /** A sentence without a full stop: `IMDb's list cannot be downloaded (HTTP 503)`. It may quote external text. */
  readonly reason: string;
  /** What happens at the end. */
  readonly next: 'continuing' | 'retrying' | 'giving up';
  /** The end, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/**
 * Called when a wait begins. A source reports each wait of {@link LONG_WAIT_MS} or more that delays the whole command, and
 * may report shorter ones, such as the first after repeated failures. Many callers may report the same wait; the receiver
 * shows it once.
 */
export type OnWait = (wait: Wait) => void;

/** Users must learn of every wait from this length on. */
export const LONG_WAIT_MS = 5_000;
