import { Command as Commander } from 'commander';
import type { Command } from './command.ts';
import { formatHelp } from './help.ts';

/** A command as the program knows it before its file is loaded. */
interface CommandEntry {
  readonly name: string;
  /** Its heading in `tdd --help`. */
  readonly group: string;
  /** One line of `tdd --help`. */
  readonly summary: string;
  /** Imports the command's file; called only when the command is called. */
  readonly load: () => Promise<Command>;
}

const SETUP = 'Set up:';
const DOWNLOAD = 'Download:';
const USE = 'Use the data:';
const WORKERS = 'Watch and control the workers:';

/** To add a command, create a file in commands/ and add an entry here. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'development',
    group: SETUP,
    summary: 'ask for the bucket and the TMDB API key, and write config.ini',
    load: async () => (await import('./commands/development.ts')).development,
  },
  {
    name: 'deploy',
    group: SETUP,
    summary: 'create or update the workers and everything they need',
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'destroy',
    group: SETUP,
    summary: 'delete what deploy created; the bucket only with --delete-bucket',
    load: async () => (await import('./commands/destroy.ts')).destroy,
  },
  {
    name: 'download',
    group: DOWNLOAD,
    summary: 'download titles, a partition or the whole catalog from this machine',
    load: async () => (await import('./commands/download.ts')).download,
  },
  {
    name: 'simulate',
    group: DOWNLOAD,
    summary: 'send one partition to the workers',
    load: async () => (await import('./commands/simulate.ts')).simulate,
  },
  {
    name: 'launch',
    group: DOWNLOAD,
    summary: 'send the whole catalog, or part of it, to the workers',
    load: async () => (await import('./commands/launch.ts')).launch,
  },
  {
    name: 'export',
    group: USE,
    summary: 'write the lake as tables that DuckDB, Athena and others load',
    load: async () => (await import('./commands/export.ts')).exportLake,
  },
  {
    name: 'status',
    group: WORKERS,
    summary: 'show progress and problems, and what to do about them',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'pause',
    group: WORKERS,
    summary: 'let workers finish their current partitions and start no others',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'resume',
    group: WORKERS,
    summary: 'let workers receive messages again',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'redrive',
    group: WORKERS,
    summary: 'list dead letters and return them to the queue',
    load: async () => (await import('./commands/redrive.ts')).redrive,
  },
];

const FIRST_STEPS = [
  ['tdd download --to lake', 'ask for the TMDB API key, and download a partition to a directory'],
  ['tdd export --from lake --to tables', 'write the directory as Parquet tables'],
  ['tdd development', 'save the TMDB API key and the bucket of a fleet'],
  ['tdd deploy', 'deploy the workers to AWS'],
  ['tdd launch --limit 3', 'try the workers with three partitions'],
] as const;

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

/** The flags that show help. */
export const HELP_FLAGS: readonly string[] = ['-h', '--help'];

/** The program's dependencies. */
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
 * Declares the command line. A command's flags are declared by its own file, when the command is called. Flags have no
 * defaults, so that the environment and config.ini can set missing values.
 */
export function createProgram(deps: ProgramDeps): Commander {
  const loaded = new Map<string, Command>();
  const program: Commander = new Commander('tdd')
    .description(
      "Downloads TMDB's movies and user reviews for IMDb's list of titles into a data lake, on S3 or in a directory, from this machine or with a fleet of AWS Lambda workers.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: deps.writeOut,
      writeErr: deps.writeError,
      getOutHelpWidth: () => deps.width,
      getErrHelpWidth: () => deps.width,
    })
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      subcommandTerm: (command) => command.name(),
      formatHelp: (command, helper) =>
        formatHelp(
          command,
          helper,
          command === program ? FIRST_STEPS : (loaded.get(command.name())?.examples ?? []),
        ),
    })
    .usage('COMMAND [OPTIONS]')
    .helpOption(HELP_FLAGS.join(', '), 'show help')
    .helpCommand(false)
    .option('--config <FILE>', 'read settings from FILE instead of config.ini')
    .option('--json', 'print the result as one JSON document')
    .option('--yes', 'do not prompt; answer yes to every question')
    .option('--quiet', 'do not show progress')
    .option('--verbose', 'show details, such as where each setting comes from')
    .option('-V, --version', 'show the version')
    .on('option:version', () => {
      throw new VersionWanted();
    });
  for (const { name, group, summary } of COMMANDS) {
    program
      .command(name)
      .usage('[OPTIONS]')
      .helpGroup(group)
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
    .helpGroup('Help:')
    .summary('show the options and examples of a command')
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

/** Thrown for `--version` to end the parsing. */
export class VersionWanted extends Error {}

/**
 * Replaces underscores in long flags with hyphens: existing notebooks and scripts write `--datalake_bucket_name`, also with
 * `=value`. Values and everything after a bare `--` stay as they are.
 */
export function normalizeArgv(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    const match = end < 0 || index < end ? /^(--[A-Za-z][\w-]*)((?:=.*)?)$/s.exec(argument) : null;
    return match ? `${match[1]?.replaceAll('_', '-')}${match[2]}` : argument;
  });
}

/**
 * Returns all values of a flag, in order. It finds secrets before the arguments are parsed, also one that is joined to the
 * flag by mistake (`--keyVALUE`).
 */
export function valuesOfFlag(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((argument, index) => {
    if (argument === flag) return argv[index + 1] ?? [];
    return argument.startsWith(flag) ? argument.slice(flag.length).replace(/^=/, '') : [];
  });
}
