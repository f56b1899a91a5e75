import { UserError } from '../errors.ts';

/** The parts of a {@link SnapshotError} apart from its reason. */
interface SnapshotErrorOptions extends ErrorOptions {
  /** The subject of the sentence: `IMDb's list at https://…` or `The copy of IMDb's list s3://…`. */
  readonly subject?: string;
  /** What to do, without a full stop. */
  readonly advice?: string;
  /** Whether a retry may succeed. */
  readonly isTransient?: boolean;
}

/** The snapshot of a past day is not in the lake. IMDb publishes only today's, so this is permanent. */
export class SnapshotGoneError extends UserError {
  override readonly name = 'SnapshotGoneError';
}

/**
 * IMDb's list could not be downloaded or is invalid, and was not kept. The message names the URL or the key in the lake,
 * what is wrong, and what to do.
 */
export class SnapshotError extends UserError {
  override readonly name: string = 'SnapshotError';
  /** The predicate of the sentence, such as `is empty`. */
  readonly reason: string;
  /** The subject of the sentence, if it is known. */
  readonly subject: string | undefined;
  /** Whether a retry may succeed. */
  readonly isTransient: boolean;
  /** 2 for a file that cannot be used, which a wrong `IMDB_DATASETS_URL` may cause. */
  override readonly exitCode: 1 | 2;

  constructor(
    reason: string,
    { subject, advice, isTransient = false, ...options }: SnapshotErrorOptions = {},
  ) {
    super(`${subject ?? "IMDb's list"} ${reason}${advice === undefined ? '.' : `: ${advice}.`}`, options);
    this.reason = reason;
    this.subject = subject;
    this.isTransient = isTransient;
    this.exitCode = isTransient ? 1 : 2;
  }
}
