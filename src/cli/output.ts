import picocolors from 'picocolors';
import { systemClock } from '../clock.ts';
import type { Trace } from '../trace.ts';
import { canDraw, type Io, type OutStream } from './io.ts';
import type { Secrets } from './secrets.ts';
import type { Suggestions } from './suggestions.ts';
import { columnsOf, defuse, fitTo } from './terminal-text.ts';
import { createTrace } from './trace.ts';

/** Colors for a stream (functions of text, which do nothing where colors are not wanted), and its width. */
export interface Style extends ReturnType<typeof picocolors.createColors> {
  /** The terminal's width; infinite if the stream is not a terminal. */
  readonly columns: number;
  /** Redacts secrets; call it before wrapping, since it does not recognize a wrapped secret. */
  readonly redact: (text: string) => string;
  /** Formats a command that the user can run next, such as `tdd status`, so that it works as printed. */
  readonly command: (line: string) => string;
}

/** The flags `--json`, `--quiet` and `--verbose`. */
interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/**
 * The output of a command. Results go to stdout, everything else to stderr. Secrets are redacted, control characters
 * escaped, and on a terminal lines are wrapped between words.
 */
export interface Output extends OutputOptions {
  /** Prints the result: as one JSON document with `--json`, otherwise as text. */
  result(value: unknown, toText: (style: Style) => string): void;
  /** Prints progress, unless `--quiet` is given. */
  info(text: string): void;
  /** Prints what the user must read before answering a question, even with `--quiet`. */
  notice(text: string): void;
  /** Prints a warning, even with `--quiet`. */
  warn(text: string): void;
  /** Prints details, only with `--verbose`. */
  debug(text: string): void;
  /** Prints requests and decisions, only with `--verbose`. */
  readonly trace: Trace | undefined;
  /** The style of stderr, with the terminal's current width. */
  readonly style: Style;
  /** The style of stdout, with the terminal's current width. */
  readonly resultStyle: Style;
  /** Sets a line that is redrawn constantly (a progress bar); all other output is printed above it. */
  setLiveLine(line: LiveLine | undefined): void;
}

/** The last line of a terminal while it is redrawn. */
interface LiveLine {
  clear(): void;
  draw(): void;
}

/** Creates the output of a command. */
export function createOutput(
  io: Io,
  { secrets, suggestions }: { readonly secrets: Secrets; readonly suggestions: Suggestions },
  options: OutputOptions,
): Output {
  const { stdout, stderr, env } = io;
  const styleOf = (stream: OutStream): Style => {
    const colors = picocolors.createColors(wantsColor(stream, env));
    return {
      ...colors,
      columns: columnsOf(stream),
      redact: secrets.redact,
      command: (line) => colors.bold(suggestions.command(line)),
    };
  };
  const render = (text: string): string => secrets.redact(suggestions.inText(text));
  let liveLine: LiveLine | undefined;
  const above = (stream: OutStream, text: string): void => {
    liveLine?.clear();
    stream.write(`${text}\n`);
    liveLine?.draw();
  };
  const say = (text: string): void => above(stderr, fitTo(stderr, render(text)));
  const debug = (text: string): void => {
    if (options.verbose) say(styleOf(stderr).dim(text));
  };
  return {
    ...options,
    get style() {
      return styleOf(stderr);
    },
    get resultStyle() {
      return styleOf(stdout);
    },
    result: (value, toText) => {
      if (options.json) return above(stdout, defuse(secrets.redact(JSON.stringify(value, undefined, 2))));
      const text = toText(styleOf(stdout));
      if (text !== '') above(stdout, fitTo(stdout, render(text)));
    },
    info: (text) => {
      if (!options.quiet) say(text);
    },
    notice: say,
    warn: (text) => say(`${styleOf(stderr).yellow('warning:')} ${text}`),
    debug,
    trace: options.verbose ? createTrace({ clock: io.clock ?? systemClock, write: debug }) : undefined,
    setLiveLine: (line) => {
      liveLine = line;
    },
  };
}

/**
 * Whether to color a stream: only a terminal, and not if `NO_COLOR` is set (https://no-color.org) or the terminal is
 * `dumb`. `FORCE_COLOR` colors any stream.
 */
export function wantsColor(stream: OutStream, env: Io['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return canDraw(stream, env);
}
