/**
 * A problem that the user can fix. The message is one full sentence that says what is wrong, with the value, and what
 * to do; it is shown without a stack trace. Any other error is a bug and is shown with its stack trace.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  /** The exit code of the process: 1 for a failure, 2 for wrong usage or settings, 130 for a cancellation. */
  readonly exitCode: 1 | 2 | 130 = 1;
}

/** Wrong usage, settings or input. Nothing was changed. Exit code 2. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
  override readonly exitCode = 2;
}

/** An invalid value. The message is a sentence about `subject`; {@link namingSource} replaces that with the name of a flag, for example. */
export class InvalidValueError extends UsageError {
  /** The sentence without its subject: `must be four digits (got "x").` */
  readonly requirement: string;

  /**
   * @param subject the beginning of the sentence: `The year`.
   * @param requirement the rest of the sentence, with the value in quotes.
   */
  constructor(subject: string, requirement: string) {
    super(`${subject} ${requirement}`);
    this.requirement = requirement;
  }
}

/**
 * Calls `read` and makes its {@link InvalidValueError} name the source of the value: `--year must be …`.
 * @param source a flag, an environment variable, or a key and its file.
 * @returns the result of `read`.
 */
export function namingSource<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw new InvalidValueError(source, error.requirement);
  }
}

/** The user cancelled the command, with Ctrl-C or by declining a prompt. Exit code 130. */
export class CancelledError extends UserError {
  override readonly name: string = 'CancelledError';
  override readonly exitCode = 130;
}

/**
 * Explains a system error about too many open files or sockets. It is not the fault of the file or the server that was
 * opened last.
 * @returns `undefined` for any other error.
 */
export function explainTooManyFiles(error: unknown): UserError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const sentences: Readonly<Record<string, string>> = {
    EMFILE: 'Too many files are open: raise the limit (ulimit -n) and run the command again.',
    ENFILE: 'Too many files are open on this machine: close other programs and run the command again.',
  };
  const sentence = sentences[String(code)];
  return sentence === undefined ? undefined : new UserError(sentence, { cause: error });
}
