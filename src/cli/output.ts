import picocolors from 'picocolors';
import type { Io, OutStream } from './io.ts';
import type { Secrets } from './secrets.ts';

/** Colours for a stream: functions of text, which do nothing where colours are not wanted. */
export type Style = ReturnType<typeof picocolors.createColors>;

/** How much is printed: the flags `--json`, `--quiet` and `--verbose`. */
interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The output of a command. Results go to stdout, everything else to stderr; secrets are redacted. */
export interface Output extends OutputOptions {
  /** Prints the result: as one JSON document with `--json`, else the text made for people. */
  result(value: unknown, toText: (style: Style) => string): void;
  /** Progress; not with `--quiet`. */
  info(text: string): void;
  /** Warnings; even with `--quiet`. */
  warn(text: string): void;
  /** Details, with `--verbose` only. */
  debug(text: string): void;
  /** Colours for stderr. */
  readonly style: Style;
  /** Colours for stdout. */
  readonly resultStyle: Style;
  /** A line that is redrawn all the time (a progress bar): whatever else is printed goes above it. */
  setLiveLine(line: LiveLine | undefined): void;
}

/** The last line of a terminal while it is redrawn. */
interface LiveLine {
  clear(): void;
  draw(): void;
}

/** Makes the output of a command. */
export function createOutput(io: Io, secrets: Secrets, options: OutputOptions): Output {
  const style = createStyle(io.stderr, io.env);
  const resultStyle = createStyle(io.stdout, io.env);
  let liveLine: LiveLine | undefined;
  const above = (write: () => void): void => {
    liveLine?.clear();
    write();
    liveLine?.draw();
  };
  const say = (text: string): void => above(() => void io.stderr.write(`${secrets.redact(text)}\n`));
  return {
    ...options,
    style,
    resultStyle,
    result: (value, toText) => {
      const text = options.json ? JSON.stringify(value, undefined, 2) : toText(resultStyle);
      if (text !== '') above(() => void io.stdout.write(`${secrets.redact(text)}\n`));
    },
    info: (text) => {
      if (!options.quiet) say(text);
    },
    warn: (text) => say(`${style.yellow('warning:')} ${text}`),
    debug: (text) => {
      if (options.verbose) say(style.dim(text));
    },
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

function createStyle(stream: OutStream, env: Io['env']): Style {
  return picocolors.createColors(wantsColor(stream, env));
}
