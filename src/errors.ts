/**
 * Something the user can fix: its message is one full sentence that says what is wrong, with which value, and what to
 * do. It is shown without a stack trace. Any other error is a bug and is shown with one.
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

/** The user cancelled (Ctrl-C, or "no" at a question); exit code 130. */
export class CancelledError extends UserError {
  override readonly name: string = 'CancelledError';
  override readonly exitCode = 130;
}
