import picocolors from 'picocolors';
import { systemClock } from '../clock.ts';
import type { Trace } from '../trace.ts';
import type { Io, OutStream } from './io.ts';
import type { Secrets } from './secrets.ts';
import { columnsOf, defuse, fitTo } from './terminal-text.ts';
import { createTrace } from './trace.ts';

/** Colours for a stream (functions of text, which do nothing where colours are not wanted), and its width. */
export interface Style extends ReturnType<typeof picocolors.createColors> {
  /** Of the terminal; infinite elsewhere. */
  readonly columns: number;
  /** A text without secrets: a secret that is wrapped before this is not found. */
  readonly redact: (text: string) => string;
}

/** How much is printed: the flags `--json`, `--quiet` and `--verbose`. */
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
  /** Prints the result: as one JSON document with `--json`, otherwise the text made for people. */
  result(value: unknown, toText: (style: Style) => string): void;
  /** Progress; not with `--quiet`. */
  info(text: string): void;
  /** What must be read before a question is answered; even with `--quiet`. */
  notice(text: string): void;
  /** Warnings; even with `--quiet`. */
  warn(text: string): void;
  /** Details, with `--verbose` only. */
  debug(text: string): void;
  /** Prints requests and decisions; with `--verbose` only. */
  readonly trace: Trace | undefined;
  /** For stderr, as wide as the terminal is now. */
  readonly style: Style;
  /** For stdout, as wide as the terminal is now. */
  readonly resultStyle: Style;
  /** A line that is redrawn all the time (a progress bar): everything else is printed above it. */
  setLiveLine(line: LiveLine | undefined): void;
}

/** The last line of a terminal while it is redrawn. */
interface LiveLine {
  clear(): void;
  draw(): void;
}

/** Makes the output of a command. */
export function createOutput(io: Io, secrets: Secrets, options: OutputOptions): Output {
  const { stdout, stderr, env } = io;
  const styleOf = (stream: OutStream): Style => ({
    ...picocolors.createColors(wantsColor(stream, env)),
    columns: columnsOf(stream),
    redact: secrets.redact,
  });
  let liveLine: LiveLine | undefined;
  const above = (stream: OutStream, text: string): void => {
    liveLine?.clear();
    stream.write(`${text}\n`);
    liveLine?.draw();
  };
  const say = (text: string): void => above(stderr, fitTo(stderr, secrets.redact(text)));
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
      if (text !== '') above(stdout, fitTo(stdout, secrets.redact(text)));
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
 * Whether a stream gets colours: a terminal does, unless `NO_COLOR` is set (https://no-color.org) or the
 * terminal is `dumb`; `FORCE_COLOR` colours anything.
 */
export function wantsColor(stream: OutStream, env: Io['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
