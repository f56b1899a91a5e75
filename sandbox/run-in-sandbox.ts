import { devNull } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import type { CommandContext } from '../src/cli/context.ts';
import { runChild, TDD_PATH, writeTddCommand } from './run-child.ts';
import { prepareShell, type ShellCommand, shellQuote } from './shell.ts';
import { startSandbox } from './start-sandbox.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';
import { TOUR_CATALOGUE, takeTour } from './tour.ts';

/** What to run in the sandbox, and how the stand-ins behave. */
export interface SandboxInput {
  /** The command and its arguments; the user's shell when empty. */
  readonly command: readonly string[];
  readonly tour: boolean;
  readonly titles: number | undefined;
  readonly latencyMs: number | undefined;
  readonly requestsPerSecond: number | undefined;
  readonly faultRate: number;
  /** The absolute path of the folder that keeps the state between runs. */
  readonly keep: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts the stand-ins and runs the command, the tour or the user's shell with them.
 * @returns the exit code of the command; 0 for a shell on a terminal.
 * @throws {UsageError} when the state folder cannot be used, or the command does not exist.
 */
export async function runInSandbox(context: CommandContext, input: SandboxInput): Promise<number> {
  const state = await openStateFolder(input.keep);
  try {
    return await runWithState(context, input, state);
  } finally {
    await state.close();
    if (!input.tour && context.io.stdin.isTTY) context.output.info(describeEnd(context, state));
  }
}

async function runWithState(
  context: CommandContext,
  { command, tour, titles, latencyMs, requestsPerSecond, faultRate, keep }: SandboxInput,
  { path: folder }: StateFolder,
): Promise<number> {
  const standIns = await startSandbox({
    directory: join(folder, 'aws'),
    faultRate,
    ...(tour && TOUR_CATALOGUE),
    ...(titles !== undefined && { titles }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  try {
    const { env: userEnv } = context.io;
    const bin = join(folder, 'bin');
    await writeTddCommand(bin);
    const variables = {
      ...standIns.environment,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      TDD_CONFIG: join(folder, 'config.ini'),
      // tdd's cache is keyed by the bucket's name, which is the same in every sandbox.
      XDG_CACHE_HOME: join(folder, 'cache'),
    };
    const env = prependPath({ ...withoutAws(userEnv), ...variables }, bin);
    if (tour) return await takeTour(context, standIns, env);
    if (command.length > 0) {
      const again = `npm run sandbox -- ${keep === undefined ? '' : `--keep ${quoteFolder(context, keep)} `}tdd`;
      return await runCommand(context, command, { ...env, TDD_COMMAND: again });
    }
    context.output.info(
      `${WELCOME}\nAfter "tdd deploy", the bucket's objects are plain files in\n${standIns.bucketDirectory}\n\nLeave with "exit" or Ctrl-D.\n`,
    );
    const setup = { userEnv, variables, bin, folder: join(folder, 'shell'), platform: process.platform };
    return await runShell(context, await prepareShell(setup, env));
  } finally {
    await standIns.stop();
  }
}

function runCommand(context: CommandContext, command: readonly string[], env: Environment): Promise<number> {
  const [program = '', ...args] = command;
  // Runs tdd directly: Windows would run the shim only in a shell.
  if (program === 'tdd') return runChild(context, process.execPath, [TDD_PATH, ...args], env);
  return runChild(context, program, args, env);
}

/** Runs a shell. On a terminal it exits with the code of its last command, which npm would report as an error. */
async function runShell(context: CommandContext, { program, args, env }: ShellCommand): Promise<number> {
  const exitCode = await runChild(context, program, args, env);
  return context.io.stdin.isTTY ? 0 : exitCode;
}

/** At most 60 columns wide. */
const WELCOME = `
You are in the tdd sandbox. TMDB, IMDb and AWS are local
stand-ins: every tdd command works, and you need no account
and no API key. Movies and reviews are invented. Try:

  tdd download --year 2004 --initial AD --to lake
  tdd deploy
  tdd launch
  tdd status --watch
`;

function describeEnd(context: CommandContext, { path, isKept }: StateFolder): string {
  if (!isKept) {
    return 'Left the sandbox and deleted its AWS state and config.ini.\nTo keep them next time: npm run sandbox -- --keep DIR';
  }
  return `Left the sandbox. Its AWS state and config.ini are in\n${path}\nThe objects of its buckets are plain files in aws/s3 there.\nTo continue with it: npm run sandbox -- --keep ${quoteFolder(context, path)}`;
}

/** Returns a folder relative to the working directory, quoted if necessary. */
function quoteFolder({ io }: CommandContext, path: string): string {
  const folder = relative(io.cwd, path) || '.';
  return /^[\w./-]+$/.test(folder) ? folder : shellQuote(folder);
}

/** Removes the user's AWS settings, so that nothing in the sandbox can use the user's account. */
function withoutAws(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_(?!SDK_JS_)/.test(name)));
}

/** Prepends a folder to the PATH. On Windows the variable's name is case-insensitive, usually `Path`. */
function prependPath(env: Environment, folder: string): Environment {
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [name]: [folder, env[name] ?? ''].join(delimiter) };
}
