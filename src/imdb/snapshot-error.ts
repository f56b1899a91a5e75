import { UsageError, UserError } from '../errors.ts';

/** What a {@link SnapshotError} says besides its reason. */
interface SnapshotErrorOptions extends ErrorOptions {
  /** Which snapshot: `at https://…` or `s3://…`. */
  readonly subject?: string;
  /** What to do: a clause without its full stop. */
  readonly advice?: string;
  /** May the same request go well a little later? */
  readonly isTransient?: boolean;
}

/** The snapshot of a day that is neither in the lake nor today: it can no longer be had, so retrying is useless. */
export class SnapshotGoneError extends UserError {
  override readonly name = 'SnapshotGoneError';
}

/**
 * IMDb's file could not be downloaded, or is not valid: nothing of it was kept. The message names the URL or the lake's
 * key, what is wrong and what to do.
 */
export class SnapshotError extends UsageError {
  override readonly name: string = 'SnapshotError';
  /** The predicate of the sentence: `is empty`. */
  readonly reason: string;
  /** Which snapshot, when that is known already. */
  readonly subject: string | undefined;
  /** May the same request go well a little later? */
  readonly isTransient: boolean;

  constructor(
    reason: string,
    { subject, advice, isTransient = false, ...options }: SnapshotErrorOptions = {},
  ) {
    const who = subject === undefined ? 'The snapshot' : `The snapshot ${subject}`;
    super(`${who} ${reason}${advice === undefined ? '.' : `: ${advice}.`}`, options);
    this.reason = reason;
    this.subject = subject;
    this.isTransient = isTransient;
  }
}
