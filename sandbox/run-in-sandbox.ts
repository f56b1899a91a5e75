import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { lock } from 'proper-lockfile';
import type { CommandContext } from '../src/cli/context.ts';
import { UsageError } from '../src/errors.ts';
import { isFileError } from '../src/lake/directory/file-errors.ts';
import { type Partition, partitionName } from '../src/partition.ts';
import type { Catalogue } from './catalogue.ts';
import { runChild, TDD_PATH, writeTddShim } from './run-child.ts';
import { startSandbox } from './start-sandbox.ts';
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
  /** The sandbox's folder, kept between runs. */
  readonly keep: string | undefined;
}

/**
 * Starts the stand-ins, runs the command, the tour or the user's shell with them, and removes what is not kept.
 * @returns the exit code of the command.
 * @throws {UsageError} when the folder is in use, or the command cannot be run.
 */
export async function runInSandbox(context: CommandContext, input: SandboxInput): Promise<number> {
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

/** Two sandboxes at once would overwrite each other's state. @throws {UsageError} when another one is open. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
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
  const { titles, latencyMs, requestsPerSecond, faultRate } = input;
  const standIns = await startSandbox({
    directory: join(folder, 'aws'),
    faultRate,
    ...(input.tour && TOUR_CATALOGUE),
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
    if (input.tour) return await takeTour(context, standIns, environment);
    const [program = userShell(env), ...args] = input.command;
    if (input.command.length === 0) {
      const busiest = findBusiestPartition(standIns.catalogue);
      context.output.info(
        [
          'In the sandbox: TMDB, IMDb and AWS are stand-ins on this machine, and nothing costs; "exit" leaves it.',
          `Its movies are invented. Try: tdd download --year ${busiest.year} --initial ${busiest.initial} --to lake, or tdd deploy and tdd launch.`,
        ].join('\n'),
      );
    }
    // Without the shim, since Windows starts a .cmd file only in a shell.
    if (program === 'tdd') return await runChild(context, process.execPath, [TDD_PATH, ...args], environment);
    return await runChild(context, program, args, environment);
  } finally {
    await standIns.stop();
  }
}

function userShell(env: Readonly<Record<string, string | undefined>>): string {
  return process.platform === 'win32' ? (env.ComSpec ?? 'cmd.exe') : (env.SHELL ?? '/bin/sh');
}

/** The partition with the most movies. */
function findBusiestPartition(catalogue: Catalogue): Partition {
  const sizes = new Map<string, { partition: Partition; titles: number }>();
  for (const { partition } of catalogue.expectedTitles().values()) {
    const name = partitionName(partition);
    sizes.set(name, { partition, titles: (sizes.get(name)?.titles ?? 0) + 1 });
  }
  const [busiest] = [...sizes.values()].sort((a, b) => b.titles - a.titles);
  return busiest?.partition ?? { year: 2021, initial: 'TH' };
}

/** The user's own AWS settings must not reach the sandbox, nor the sandbox their account. */
function withoutAws(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const others = Object.entries(env).filter(([name]) => !/^AWS_(?!SDK_JS_)/.test(name));
  return { ...Object.fromEntries(others), AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };
}
