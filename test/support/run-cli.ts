import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { Clock } from '../../src/clock.ts';

/** What a run of the command line left behind. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person at a terminal: waits for words on stderr, then types. */
interface Typist {
  /** Resolves once stderr, since the last call, has shown `text`. */
  sees(text: string): Promise<void>;
  /** Presses keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  types(keys: string): void;
}

/** Where and how the command line runs. */
export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes stdin and stderr a terminal and answers the questions. */
  readonly person?: (typist: Typist) => Promise<void>;
  /** Columns of stdout. */
  readonly columns?: number;
  /** Another clock than the machine's, such as one that runs faster. */
  readonly clock?: Clock;
  /** Lets a test raise SIGINT. */
  readonly signals?: EventEmitter;
}

/** Runs `tdd` in this process, with streams and environment of the test's own. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<CliRun> {
  const { cwd, env = {}, person, columns = 80, signals = new EventEmitter(), clock } = options;
  const isTTY = person !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin });
  const stdout = Object.assign(new PassThrough(), { isTTY: false, columns });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  const shown = { stdout: '', stderr: '' };
  stdout.on('data', (chunk) => {
    shown.stdout += chunk;
  });
  stderr.on('data', (chunk) => {
    shown.stderr += chunk;
  });
  let seenTo = 0;
  const typist: Typist = {
    sees: async (text) => {
      while (!shown.stderr.includes(text, seenTo)) await EventEmitter.once(stderr, 'data');
      seenTo = shown.stderr.indexOf(text, seenTo) + text.length;
    },
    types: (keys) => void stdin.write(keys),
  };
  const run = main({ argv, env, cwd, stdin, stdout, stderr, signals, ...(clock && { clock }) });
  if (person === undefined) stdin.end();
  // What the person waits for may never come: then the run has ended, and its test says how.
  const [exitCode] = await Promise.all([run, person && Promise.race([person(typist), run])]);
  // The streams hand over their last words with the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { exitCode, ...shown };
}
