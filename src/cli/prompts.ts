import { Writable } from 'node:stream';
import { CancelledError, UsageError } from '../errors.ts';
import type { Io } from './io.ts';
import { wantsColor } from './output.ts';
import type { Secrets } from './secrets.ts';
import { columnsOf, wrap } from './terminal-text.ts';

/** A question whose answer is typed. */
interface TextQuestion<T> {
  readonly message: string;
  /** What Enter alone answers. */
  readonly default?: string | undefined;
  /** Reads the answer; its UsageError is shown and the question asked again. */
  readonly parse: (text: string) => T;
}

/**
 * The only user of the prompt library. Questions are drawn on stderr. Ctrl-C and Ctrl-D throw {@link CancelledError}.
 * Without a terminal, each question throws {@link UsageError}: a caller that can do without the answer checks
 * {@link isInteractive} first.
 */
export interface Prompter {
  /** Whether someone is there to answer: stdin and stderr are a terminal and `CI` is not set. */
  readonly isInteractive: boolean;
  askText<T>(question: TextQuestion<T>): Promise<T>;
  /** Asks for a secret: neither the answer nor the default is shown. */
  askMasked<T>(question: TextQuestion<T>): Promise<T>;
  /** Yes or no; `false` when Enter alone is pressed. */
  confirm(question: { readonly message: string }): Promise<boolean>;
  /** Asks to type `name` to the letter. @returns whether that was typed. */
  confirmByName(question: { readonly message: string; readonly name: string }): Promise<boolean>;
}

/** What the prompter needs. */
interface PrompterDeps {
  readonly io: Io;
  /** Ends an open question; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
}

/** Makes the prompter. The prompt library is loaded with the first question. */
export function createPrompter({ io, signal, secrets }: PrompterDeps): Prompter {
  const isInteractive = io.stdin.isTTY === true && io.stderr.isTTY === true && !isTruthy(io.env.CI);
  const ask = async (question: { readonly message: string; readonly [option: string]: unknown }) => {
    if (!isInteractive) {
      throw new UsageError(
        `There is no terminal to answer ${JSON.stringify(question.message)}: give the answer by flag, or --yes to a question of consent.`,
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
  // Ctrl-D closes the line without settling the question, but pauses the input.
  const closed = new AbortController();
  const onPause = (): void => {
    setImmediate(() => closed.abort());
  };
  io.stdin.once('pause', onPause);
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
    if (error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name)) {
      throw new CancelledError('cancelled.', { cause: error });
    }
    throw error;
  } finally {
    io.stdin.off('pause', onPause);
  }
}

/** stderr for the prompt library, which ends the stream it is given, and on Node 20 ignores NO_COLOR. */
function questionOutput({ stderr, env }: Io): Writable {
  const isColored = wantsColor(stderr, env);
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const text = chunk.toString();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
      stderr.write(isColored ? text : text.replace(/\x1b\[[\d;]*m/g, ''));
      done();
    },
  });
  return Object.assign(output, { isTTY: stderr.isTTY, columns: stderr.columns });
}

/** Parses an answer and returns what is wrong with it. */
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

/** Breaks lines between words, since the prompt library breaks within words. It writes two characters before the text. */
function wrapForQuestion(text: string, { stderr }: Io): string {
  return wrap(text, columnsOf(stderr) - 3);
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}
