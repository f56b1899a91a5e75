import { Writable } from 'node:stream';
import picocolors from 'picocolors';
import { CancelledError, UsageError } from '../errors.ts';
import type { Io } from './io.ts';
import { wantsColor } from './output.ts';
import type { Secrets } from './secrets.ts';
import { columnsOf, wrap } from './terminal-text.ts';

/** A question whose answer is typed. */
interface TextQuestion<T> {
  readonly message: string;
  /** The answer when only Enter is pressed. */
  readonly default?: string | undefined;
  /** Parses the answer; its UsageError is shown and the question is asked again. */
  readonly parse: (text: string) => T;
}

/**
 * The only user of the prompt library. Questions are drawn on stderr. Ctrl-C and Ctrl-D throw {@link CancelledError}.
 * Without a terminal, every question throws {@link UsageError}; callers check {@link isInteractive} first if they can
 * continue without an answer.
 */
export interface Prompter {
  /** Whether questions can be asked: stdin and stderr are a terminal and `CI` is not set. */
  readonly isInteractive: boolean;
  askText<T>(question: TextQuestion<T>): Promise<T>;
  /** Asks for a secret; neither the answer nor the default is shown. */
  askMasked<T>(question: TextQuestion<T>): Promise<T>;
  /** Asks yes or no; Enter alone means no. */
  confirm(question: { readonly message: string }): Promise<boolean>;
  /** Asks the user to type `name` exactly. @returns whether they did. */
  confirmByName(question: { readonly message: string; readonly name: string }): Promise<boolean>;
}

/** Dependencies of the prompter. */
interface PrompterDeps {
  readonly io: Io;
  /** Aborts an open question, which then throws the signal's reason. */
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
}

/** Creates the prompter. The first question loads the prompt library. */
export function createPrompter({ io, signal, secrets }: PrompterDeps): Prompter {
  const isInteractive = io.stdin.isTTY === true && io.stderr.isTTY === true && !isTruthy(io.env.CI);
  const ask = async ({
    style = {},
    hint = '',
    validate = () => true,
    ...question
  }: {
    readonly message: string;
    readonly validate?: (text: string) => true | string;
    /** Replaces parts of the library's style. */
    readonly style?: object;
    /** The text that the style adds to the message. */
    readonly hint?: string;
    readonly [option: string]: unknown;
  }) => {
    if (!isInteractive) {
      throw new UsageError(
        `Cannot show the prompt ${JSON.stringify(question.message)} without a terminal: use a flag to answer, or --yes to confirm.`,
      );
    }
    signal.throwIfAborted();
    const message = wrapForQuestion(question.message, io, hint.length);
    const { blue, dim, red } = picocolors.createColors(wantsColor(io.stderr, io.env));
    let isValid = true;
    const theme = {
      // An answer may be "No", so it gets no check mark.
      prefix: { idle: blue('?'), done: dim('?') },
      // A rejected answer is cleared, so that the next one is not appended to it.
      validationFailureMode: 'clear',
      style: {
        ...style,
        // When only Enter follows a rejected answer, the library keeps the error below the answered question.
        error: (text: string) => (isValid ? '' : red(`> ${text.replaceAll('\n', '\n  ')}`)),
      },
    };
    const remember = (text: string) => {
      const result = validate(text);
      isValid = result === true;
      return result;
    };
    return askOnTerminal(io, signal, { ...question, message, theme, validate: remember });
  };
  return {
    isInteractive,
    askText: async ({ message, default: standard, parse }) => {
      const question = { type: 'input', message, validate: validator(parse, io, standard) };
      return parse(String(await ask(standard === undefined ? question : { ...question, default: standard })));
    },
    askMasked: async ({ message, default: standard, parse }) => {
      const read = (text: string) => {
        secrets.add(text);
        return parse(text === '' && standard !== undefined ? standard : text);
      };
      // The library's masked prompt keeps a rejected answer, to which the user cannot see that the next one is appended.
      const transformer = (text: string) => '*'.repeat(text.length);
      return read(
        String(await ask({ type: 'input', message, transformer, validate: validator(read, io, standard) })),
      );
    },
    confirm: async ({ message }) => {
      // The library's own prompt for yes and no keeps a wrong answer, too.
      const { bold, dim } = picocolors.createColors(wantsColor(io.stderr, io.env));
      const hint = ' (y/N)';
      const answer = await ask({
        type: 'input',
        message,
        hint,
        transformer: (text: string, { isFinal }: { isFinal: boolean }) =>
          isFinal ? (isYes(text) ? 'Yes' : 'No') : text,
        validate: (text: string) => /^(?:y|yes|n|no)?$/i.test(text.trim()) || 'Type y for yes or n for no.',
        style: {
          message: (text: string, status: string) => bold(text) + (status === 'done' ? '' : dim(hint)),
        },
      });
      return isYes(String(answer));
    },
    confirmByName: async ({ message, name }) => String(await ask({ type: 'input', message })).trim() === name,
  };
}

async function askOnTerminal(
  io: Io,
  signal: AbortSignal,
  question: Record<string, unknown>,
): Promise<unknown> {
  const { default: inquirer } = await import('inquirer');
  // On Ctrl-D the library closes its input without answering the question, and only pauses stdin.
  const closed = new AbortController();
  const onPause = (): void => {
    setImmediate(() => closed.abort());
  };
  // After Ctrl-Z and `fg` the shell has reset the terminal, and the library does not read on: the question is asked again.
  let isContinued = false;
  const onContinue = (): void => {
    isContinued = true;
    onPause();
  };
  io.stdin.once('pause', onPause);
  io.signals.on('SIGCONT', onContinue);
  try {
    const prompt = inquirer.createPromptModule({
      input: io.stdin,
      output: questionOutput(io),
      signal: AbortSignal.any([signal, closed.signal]),
    });
    const answers: Record<string, unknown> = await prompt([{ ...question, name: 'answer' }] as never);
    return answers.answer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isContinued) return await askOnTerminal(io, signal, question);
    if (error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name)) {
      throw new CancelledError('Cancelled.', { cause: error });
    }
    throw error;
  } finally {
    io.stdin.off('pause', onPause);
    io.signals.off('SIGCONT', onContinue);
  }
}

/** Wraps stderr for the prompt library, which ends its output stream and ignores NO_COLOR on Node 20. */
function questionOutput({ stderr, env }: Io): Writable {
  const isColored = wantsColor(stderr, env);
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const text = chunk.toString();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
      stderr.write(isColored ? text : text.replace(/\x1b\[[\d;]*m/g, ''));
      done();
    },
  });
  return Object.assign(output, { isTTY: stderr.isTTY, columns: stderr.columns });
}

/** Creates a validator that returns the error message for an invalid answer. */
function validator(
  parse: (text: string) => unknown,
  io: Io,
  standard: string | undefined,
): (text: string) => true | string {
  return (text) => {
    if (text.trim() === '' && standard === undefined) return 'Type an answer, or press Ctrl-C to cancel.';
    try {
      parse(text);
      return true;
    } catch (error) {
      if (error instanceof UsageError) return wrapForQuestion(error.message, io);
      throw error;
    }
  };
}

/**
 * Wraps text between words, since the prompt library breaks words. The library writes two characters before the text.
 * @param reserved the width of what follows the text on its last line.
 */
function wrapForQuestion(text: string, { stderr }: Io, reserved = 0): string {
  return wrap(text, columnsOf(stderr) - 3 - reserved);
}

function isYes(text: string): boolean {
  return /^y(?:es)?$/i.test(text.trim());
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}
