import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { Clock } from '../../src/clock.ts';

/** The result of a run of the command line. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user at a terminal, who waits for text on stderr and then types. */
interface Typist {
  /** Resolves when `text` has appeared on stderr since the last call. */
  sees(text: string): Promise<void>;
  /** Presses keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  types(keys: string): void;
}

/** The environment of a run of the command line. */
export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes stdin and stderr a terminal and answers the questions. */
  readonly person?: (typist: Typist) => Promise<void>;
  /** The width of stdout in columns. */
  readonly columns?: number;
  /** Replaces the machine's clock, for example by one that runs faster. */
  readonly clock?: Clock;
  /** Lets a test raise SIGINT. */
  readonly signals?: EventEmitter;
}

/** Runs `tdd` in this process, with the test's streams and environment. */
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
      // Without a limit, a question that never appears would hold up the whole suite.
      const signal = AbortSignal.timeout(60_000);
      while (!shown.stderr.includes(text, seenTo)) {
        await EventEmitter.once(stderr, 'data', { signal }).catch(() => {
          throw new Error(
            `The user waits for ${JSON.stringify(text)} and sees ${JSON.stringify(shown.stderr)}`,
          );
        });
      }
      seenTo = shown.stderr.indexOf(text, seenTo) + text.length;
    },
    types: (keys) => void stdin.write(keys),
  };
  // Never the cache of the person who runs the tests.
  const cache = { XDG_CACHE_HOME: join(tmpdir(), 'tdd-test-cache') };
  const run = main({
    argv,
    env: addTo(env, cache),
    cwd,
    stdin,
    stdout,
    stderr,
    signals,
    ...(clock && { clock }),
  });
  if (person === undefined) stdin.end();
  // The text that the user waits for may never appear. Then the run ends, and the test reports how.
  const [exitCode] = await Promise.all([run, person && Promise.race([person(typist), run])]);
  // The streams deliver their last output in the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  return { exitCode, ...shown };
}

/** Adds variables that an environment does not have; its own may be getters. */
function addTo<Env extends object>(env: Env, added: Record<string, string>): Env & Record<string, string> {
  return Object.defineProperties({ ...added }, Object.getOwnPropertyDescriptors(env)) as never;
}
