import { UserError } from '../errors.ts';

/**
 * What is wrong with a list, which decides about retries:
 * - `transient`: IMDb is down or throttles, the connection broke, or the list is truncated. A retry often succeeds, and an
 *   outage may last for hours.
 * - `malformed`: a complete response that is not IMDb's list, perhaps from a proxy. One retry tells whether it stays so.
 * - `shrunken`: a valid list that is suspiciously small. IMDb may correct it within the day.
 */
type SnapshotFault = 'transient' | 'malformed' | 'shrunken';

/** The parts of a {@link SnapshotError} apart from its reason. */
interface SnapshotErrorOptions extends ErrorOptions {
  /** The subject of the sentence: `IMDb's list at https://…` or `The copy of IMDb's list s3://…`. */
  readonly subject?: string;
  /** What to do, without a full stop. */
  readonly advice?: string;
  /** By default `malformed`. */
  readonly fault?: SnapshotFault;
}

/** The snapshot of a past day is not in the lake. IMDb publishes only today's, so this is permanent. */
export class SnapshotGoneError extends UserError {
  override readonly name = 'SnapshotGoneError';
}

/**
 * IMDb's list could not be downloaded or is invalid, and was not kept. The message names the URL or the key in the lake,
 * what is wrong, and what to do. The exit code is 1: an unusable URL is a `UsageError` instead.
 */
export class SnapshotError extends UserError {
  override readonly name: string = 'SnapshotError';
  /** The predicate of the sentence, such as `is empty`. */
  readonly reason: string;
  /** The subject of the sentence, if it is known. */
  readonly subject: string | undefined;
  /** The advice, if it is known. */
  readonly advice: string | undefined;
  readonly fault: SnapshotFault;

  constructor(
    reason: string,
    { subject, advice, fault = 'malformed', ...options }: SnapshotErrorOptions = {},
  ) {
    super(`${subject ?? "IMDb's list"} ${reason}${advice === undefined ? '.' : `: ${advice}.`}`, options);
    this.reason = reason;
    this.subject = subject;
    this.advice = advice;
    this.fault = fault;
  }
}
