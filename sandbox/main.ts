import { resolve } from 'node:path';
import { Command as Commander } from 'commander';
import { type CommandContext, createContext } from '../src/cli/context.ts';
import { type Flags, parseCount } from '../src/cli/flags.ts';
import type { Io } from '../src/cli/io.ts';
import { runToExitCode } from '../src/cli/main.ts';
import { createSecrets } from '../src/cli/secrets.ts';
import { UsageError } from '../src/errors.ts';
import { parseArguments, processIo } from './command-line.ts';
import { runInSandbox, type SandboxInput } from './run-in-sandbox.ts';

const DESCRIPTION =
  'Runs COMMAND, or your shell, with local stand-ins for TMDB, IMDb and AWS. Every tdd command works ' +
  'without an account, an API key or other flags. Movies and reviews are invented.';

const EXAMPLES = `
Examples:
  npm run sandbox
  npm run sandbox -- tdd download --year 2004 --initial AD --to lake
  npm run sandbox -- --keep state tdd deploy`;

/** Runs the sandbox. @returns the exit code of its command; 2 for wrong usage; 130 when cancelled. */
async function main(io: Io): Promise<number> {
  const secrets = createSecrets();
  return runToExitCode(io, { secrets, verbose: false }, async (signal) => {
    const program = new Commander('npm run sandbox --')
      .description(DESCRIPTION)
      .argument('[COMMAND...]', 'the command to run (default: your shell)')
      .usage('[OPTIONS] [COMMAND...]')
      .option('--titles <N>', 'movies in the invented catalog (default: 3000)')
      .option('--latency <MS>', "TMDB's response time (default: 20)")
      .option('--rate-limit <N>', 'requests per second above which TMDB answers 429 (default: no limit)')
      .option('--fault-rate <SHARE>', "share of TMDB's answers that are faults, from 0 to 1 (default: 0)")
      .option('--keep <DIR>', "keep the sandbox's AWS state and config.ini in DIR between runs")
      .option('--tour', 'run the tour: from the first command to verified documents (npm start)')
      .helpOption('-h, --help', 'show help')
      .addHelpText('after', EXAMPLES)
      .passThroughOptions();
    const exitCode = parseArguments(program, io, usageSentence);
    if (exitCode !== undefined) return exitCode;
    const flags = program.opts();
    const context = createContext(io, { secrets, signal }, flags);
    return runInSandbox(context, readInput(context, flags, program.args));
  });
}

function readInput(context: CommandContext, flags: Flags, args: readonly string[]): SandboxInput {
  const tour = flags.tour === true;
  if (tour && args.length > 0) throw new UsageError('--tour and a COMMAND cannot be combined.');
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
  throw new UsageError(`--fault-rate must be a number from 0 to 1 (got "${value}").`);
}

/** Rewrites Commander's message in the style of tdd. */
function usageSentence(message: string): string {
  return `tdd: ${message
    .replace(/^error: /, '')
    .replace(/\s*\n\(Did you mean (.*)\?\)/, ' (did you mean $1?)')
    .replace(/\.?\n$/, ': see npm run sandbox -- --help.\n')}`;
}

process.exitCode = await main(processIo());
