/**
 * Something the person at the terminal can mend: its message is one full sentence that says what happened,
 * with which value, and what to do. It is shown without a stack. Any other error is a bug and shows one.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  /** The process's exit code: 1 something failed, 2 wrong usage or settings, 130 cancelled. */
  readonly exitCode: 1 | 2 | 130 = 1;
}

/** Wrong usage, settings or input: nothing was changed; exit code 2. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
  override readonly exitCode = 2;
}

/** The person cancelled (Ctrl-C, or a "no" at the question); exit code 130. */
export class CancelledError extends UserError {
  override readonly name: string = 'CancelledError';
  override readonly exitCode = 130;
}
