import { Writable } from 'node:stream';
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
  const ask = async (question: { readonly message: string; readonly [option: string]: unknown }) => {
    if (!isInteractive) {
      throw new UsageError(
        `Cannot ask ${JSON.stringify(question.message)} without a terminal: give the answer as a flag, or confirm with --yes.`,
      );
    }
    signal.throwIfAborted();
    const message = wrapForQuestion(question.message, io);
    return askOnTerminal(io, signal, { ...question, message });
  };
  return {
    isInteractive,
    askText: async ({ message, default: standard, parse }) => {
      const question = { type: 'input', message, validate: validator(parse, io) };
      return parse(String(await ask(standard === undefined ? question : { ...question, default: standard })));
    },
    askMasked: async ({ message, default: standard, parse }) => {
      const read = (text: string) => {
        secrets.add(text);
        return parse(text === '' && standard !== undefined ? standard : text);
      };
      return read(
        String(
          await ask({
            type: 'password',
            mask: '*',
            toggleMask: false,
            message,
            validate: validator(read, io),
          }),
        ),
      );
    },
    confirm: async ({ message }) => (await ask({ type: 'confirm', message, default: false })) === true,
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
function validator(parse: (text: string) => unknown, io: Io): (text: string) => true | string {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch (error) {
      if (error instanceof UsageError) return wrapForQuestion(error.message, io);
      throw error;
    }
  };
}

/** Wraps text between words, since the prompt library breaks words. The library writes two characters before the text. */
function wrapForQuestion(text: string, { stderr }: Io): string {
  return wrap(text, columnsOf(stderr) - 3);
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}
