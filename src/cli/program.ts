import { Command as Commander } from 'commander';
import type { Command } from './command.ts';

/** A command as the program knows it before its file is loaded. */
interface CommandEntry {
  readonly name: string;
  /** One line of `tdd --help`. */
  readonly summary: string;
  /** Imports the command's file, which happens only when the command is called. */
  readonly load: () => Promise<Command>;
}

/** To add a command: one file in commands/, and its line here. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'development',
    summary: 'ask for the bucket and the TMDB key, and write config.ini',
    load: async () => (await import('./commands/development.ts')).development,
  },
  {
    name: 'deploy',
    summary: 'put the workers on AWS, or bring them up to date',
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'download',
    summary: 'download a partition, or single titles, from this machine',
    load: async () => (await import('./commands/download.ts')).download,
  },
  {
    name: 'simulate',
    summary: "send one partition's message to the workers",
    load: async () => (await import('./commands/simulate.ts')).simulate,
  },
  {
    name: 'launch',
    summary: 'put the catalogue, or a part of it, on the queue for the workers',
    load: async () => (await import('./commands/launch.ts')).launch,
  },
  {
    name: 'status',
    summary: 'show how far the fleet is, and what to do when something is wrong',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'redrive',
    summary: 'list what the workers gave up, and put it back on the queue',
    load: async () => (await import('./commands/redrive.ts')).redrive,
  },
  {
    name: 'pause',
    summary: 'let the workers finish what they have and take nothing more',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'let the workers take messages again',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'destroy',
    summary: 'remove what deploy has made; the bucket stays unless asked',
    load: async () => (await import('./commands/destroy.ts')).destroy,
  },
];

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

/** The flags that show help. */
export const HELP_FLAGS: readonly string[] = ['-h', '--help'];

/** What the program needs of its caller. */
interface ProgramDeps {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Columns of the terminal. */
  readonly width: number;
  /** Runs a command with its flags, by camel-cased name, and its other arguments. */
  readonly execute: (
    command: Command,
    flags: Record<string, unknown>,
    args: readonly string[],
  ) => Promise<void>;
}

/**
 * Declares the command line. A command's own flags are declared, by its own file, when it is called. Flags
 * carry no defaults, so that environment and config.ini can override what is not given.
 */
export function createProgram(deps: ProgramDeps): Commander {
  const program = new Commander('tdd')
    .description(
      "Downloads TMDB's movies and user reviews for IMDb's list of titles into a data lake on S3, here or with a fleet of AWS Lambda workers.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: deps.writeOut,
      writeErr: deps.writeError,
      getOutHelpWidth: () => deps.width,
      getErrHelpWidth: () => deps.width,
    })
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .usage('COMMAND [OPTIONS]')
    .helpOption(HELP_FLAGS.join(', '), 'show help')
    .helpCommand(false)
    .option('--config <FILE>', 'read settings from FILE (default: config.ini)')
    .option('--json', 'print the result as one JSON document')
    .option('--yes', 'answer yes to every question')
    .option('--quiet', 'print no progress')
    .option('--verbose', 'print details')
    .option('-V, --version', 'show the version')
    .on('option:version', () => {
      throw new VersionWanted();
    })
    .addHelpText(
      'after',
      '\nA setting is taken from its flag, else from the environment, else from config.ini.\nEvery flag can be written with underscores, too: --datalake_bucket_name.',
    );
  const loaded = new Map<string, Command>();
  for (const { name, summary } of COMMANDS) {
    program
      .command(name)
      .summary(summary)
      .allowExcessArguments(false)
      .action(async function (this: Commander) {
        const implementation = loaded.get(name);
        if (implementation) await deps.execute(implementation, this.optsWithGlobals(), this.args);
      });
  }
  // Commander's own help command would show a command before its file has declared its flags.
  program
    .command('help')
    .argument('[COMMAND]')
    .summary('show help for a command')
    .action(async (name?: string) => {
      const isKnown = name === undefined || COMMANDS.some((entry) => entry.name === name);
      await program.parseAsync([...(name ? [name] : []), ...(isKnown ? ['--help'] : [])], { from: 'user' });
    });
  program.hook('preSubcommand', async (_program, subcommand) => {
    const entry = COMMANDS.find(({ name }) => name === subcommand.name());
    if (entry === undefined) return;
    const implementation = await entry.load();
    implementation.declare(subcommand);
    loaded.set(entry.name, implementation);
  });
  return program;
}

/** Thrown for `--version`, which ends the parsing. */
export class VersionWanted extends Error {}

/**
 * Arguments with each long flag's underscores as hyphens: existing notebooks and scripts write
 * `--datalake_bucket_name`, also with `=value`. Values, and what follows a bare `--`, stay as they are.
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    const match = end < 0 || index < end ? /^(--[A-Za-z][\w-]*)((?:=.*)?)$/s.exec(argument) : null;
    return match ? `${match[1]?.replaceAll('_', '-')}${match[2]}` : argument;
  });
}

/** All values given for a flag, in their order: for secrets, before anything is parsed. */
export function valuesOfFlag(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((argument, index) => {
    if (argument === flag) return argv[index + 1] ?? [];
    return argument.startsWith(`${flag}=`) ? argument.slice(flag.length + 1) : [];
  });
}
