import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { Command as Commander, CommanderError } from 'commander';
import { type CommandContext, createContext } from '../src/cli/context.ts';
import type { Flags } from '../src/cli/flags.ts';
import { parseCount } from '../src/cli/flags.ts';
import type { Io } from '../src/cli/io.ts';
import { runToExitCode } from '../src/cli/main.ts';
import { createSecrets } from '../src/cli/secrets.ts';
import { UsageError } from '../src/errors.ts';
import { isFileError } from '../src/lake/directory/file-errors.ts';
import { type Partition, partitionName } from '../src/partition.ts';
import type { Catalogue } from './catalogue.ts';
import { runChild, writeTddShim } from './run-child.ts';

/** What the sandbox was told. */
interface SandboxInput {
  /** The command and its arguments; the user's shell when empty. */
  readonly command: readonly string[];
  readonly tour: boolean;
  readonly titles: number | undefined;
  readonly latencyMs: number | undefined;
  readonly requestsPerSecond: number | undefined;
  readonly faultRate: number;
  /** The sandbox's folder, kept between runs. */
  readonly keep: string | undefined;
}

const DESCRIPTION =
  'Runs COMMAND, or your shell, with every outside service replaced by a stand-in on this machine: no account, ' +
  'no key, no network. Inside, every tdd command works without any further flag. Movies and reviews are invented.';

/** Runs the sandbox. @returns the exit code of the command in it; 2 for wrong usage; 130 when it was cancelled. */
async function main(io: Io): Promise<number> {
  const secrets = createSecrets();
  return runToExitCode(io, { secrets, verbose: false }, async (signal) => {
    const program = new Commander('npm run sandbox --')
      .description(DESCRIPTION)
      .argument('[COMMAND...]', 'what to run; your shell when absent')
      .usage('[OPTIONS] [COMMAND...]')
      .option('--titles <N>', 'movies in the invented catalogue (default: 3000)')
      .option('--latency <MS>', 'how long TMDB takes to answer (default: 20)')
      .option('--rate-limit <N>', 'requests a second above which TMDB answers 429 (default: none)')
      .option('--fault-rate <SHARE>', "share of TMDB's answers that are faults, 0 to 1 (default: 0)")
      .option('--keep <DIR>', "keep the sandbox's state in DIR between runs")
      .option('--tour', 'show every step once, from settings to verified documents')
      .addHelpText(
        'after',
        '\nExample:\n  npm run sandbox -- tdd download --year 2021 --initial TH --to lake',
      )
      .passThroughOptions()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void io.stdout.write(text),
        writeErr: (text) => void io.stderr.write(text),
      });
    try {
      program.parse([...io.argv], { from: 'user' });
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
      throw error;
    }
    const flags = program.opts();
    const context = createContext(io, { secrets, signal }, flags);
    return run(context, readInput(context, flags, program.args));
  });
}

function readInput(context: CommandContext, flags: Flags, args: readonly string[]): SandboxInput {
  const tour = flags.tour === true;
  if (tour && args.length > 0) throw new UsageError('Give either --tour or a command, not both.');
  return {
    command: args,
    tour,
    titles: readCount(flags.titles, '--titles'),
    latencyMs: readCount(flags.latency, '--latency', { least: 0 }),
    requestsPerSecond: readCount(flags.rateLimit, '--rate-limit'),
    faultRate: readShare(flags.faultRate),
    keep: typeof flags.keep === 'string' ? resolve(context.io.cwd, flags.keep) : undefined,
  };
}

function readCount(value: unknown, flag: string, options?: { readonly least: number }): number | undefined {
  return value === undefined ? undefined : parseCount(String(value), flag, options);
}

function readShare(value: unknown = '0'): number {
  const share = Number(value);
  if (String(value).trim() !== '' && share >= 0 && share <= 1) return share;
  throw new UsageError(`--fault-rate "${value}" is no share: give a number from 0 to 1, such as 0.1.`);
}

async function run(context: CommandContext, input: SandboxInput): Promise<number> {
  const folder = input.keep ?? (await mkdtemp(join(tmpdir(), 'tdd-sandbox-')));
  await mkdir(folder, { recursive: true });
  const release = input.keep === undefined ? undefined : await lockFolder(folder);
  try {
    return await runIn(context, input, folder);
  } finally {
    await release?.();
    if (!input.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** Two sandboxes at once would write over each other's state. @throws {UsageError} when another one is open. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile');
  try {
    return await lock(folder, { lockfilePath: join(folder, 'in-use'), onCompromised: () => undefined });
  } catch (cause) {
    if (!isFileError(cause, 'ELOCKED')) throw cause;
    throw new UsageError(
      `Another sandbox is open in ${folder}: leave that one first, or keep this one elsewhere.`,
      {
        cause,
      },
    );
  }
}

async function runIn(context: CommandContext, input: SandboxInput, folder: string): Promise<number> {
  const { startSandbox } = await import('./start-sandbox.ts');
  const tour = input.tour ? await import('./tour.ts') : undefined;
  const { titles, latencyMs, requestsPerSecond, faultRate } = input;
  const standIns = await startSandbox({
    directory: join(folder, 'aws'),
    faultRate,
    ...tour?.TOUR_CATALOGUE,
    ...(titles !== undefined && { titles }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  try {
    const { env } = context.io;
    const environment = {
      ...withoutAws(env),
      ...standIns.environment,
      TDD_CONFIG: join(folder, 'config.ini'),
      PATH: [await writeTddShim(folder), env.PATH ?? ''].join(delimiter),
    };
    if (tour) {
      return await tour.takeTour(context, standIns, environment);
    }
    const [program = env.SHELL ?? '/bin/sh', ...args] = input.command;
    if (input.command.length === 0) {
      const busiest = findBusiestPartition(standIns.catalogue);
      context.output.info(
        [
          'In the sandbox: TMDB, IMDb and AWS are stand-ins on this machine, and nothing costs; "exit" leaves it.',
          `Its movies are invented. Try: tdd download --year ${busiest.year} --initial ${busiest.initial} --to lake, or tdd deploy and tdd launch.`,
        ].join('\n'),
      );
    }
    return await runChild(context, program, args, environment);
  } finally {
    await standIns.stop();
  }
}

/** The partition with the most movies. */
function findBusiestPartition(catalogue: Catalogue): Partition {
  const sizes = new Map<string, { partition: Partition; titles: number }>();
  for (const { partition } of catalogue.truth().values()) {
    const name = partitionName(partition);
    sizes.set(name, { partition, titles: (sizes.get(name)?.titles ?? 0) + 1 });
  }
  const [busiest] = [...sizes.values()].sort((a, b) => b.titles - a.titles);
  return busiest?.partition ?? { year: 2021, initial: 'TH' };
}

/** Nothing of the user's own AWS settings may reach the sandbox, nor the sandbox their account. */
function withoutAws(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const others = Object.entries(env).filter(([name]) => !/^AWS_(?!SDK_JS_)/.test(name));
  return { ...Object.fromEntries(others), AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };
}

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.env.INIT_CWD ?? process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
