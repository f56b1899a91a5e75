import { resolve } from 'node:path';
import { Command as Commander, CommanderError } from 'commander';
import { type CommandContext, createContext } from '../src/cli/context.ts';
import { type Flags, parseCount } from '../src/cli/flags.ts';
import type { Io } from '../src/cli/io.ts';
import { runToExitCode } from '../src/cli/main.ts';
import { createSecrets } from '../src/cli/secrets.ts';
import { UsageError } from '../src/errors.ts';
import { runInSandbox, type SandboxInput } from './run-in-sandbox.ts';

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
    return runInSandbox(context, readInput(context, flags, program.args));
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

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.env.INIT_CWD ?? process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
