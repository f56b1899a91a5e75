import { readFileSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative } from 'node:path';
import { flagAttribute } from '../config/resolve-settings.ts';
import { SETTINGS, type SettingName } from '../config/settings.ts';
import { COMMAND_SETTINGS } from './command-settings.ts';
import type { Io } from './io.ts';

/**
 * Renders the commands that messages suggest, so that they work as printed: started as this program was, and with the
 * flags that reach the same resources. Messages name a command as `tdd COMMAND …`: only the terminal knows the rest.
 */
export interface Suggestions {
  /** Renders a command line such as `tdd status --watch`, or several joined with ` && `. */
  command(line: string): string;
  /** Renders the command lines between double quotes in a message: `run "tdd deploy" first`. */
  inText(text: string): string;
}

/** The answers to questions about settings: they are repeated as if they had been given as flags. */
export type Answers = Map<SettingName, string>;

type CommandName = keyof typeof COMMAND_SETTINGS;

const NAMES = Object.keys(COMMAND_SETTINGS).join('|');
/** A command line; before it, perhaps, an environment variable. */
const LINE = new RegExp(`^((?:[A-Z_]+=\\S+ )?)tdd( (${NAMES}|help))?(?= |$)(.*)$`, 's');
const QUOTED = new RegExp(`(?<!\\\\)"((?:[A-Z_]+=[^\\s"]+ )?tdd (?:${NAMES}|help|--help)\\b[^"\\\\]*)"`, 'g');

type StartedProgram = Pick<Io, 'argv' | 'env' | 'cwd' | 'program'>;

/** @param io the arguments, the environment and the program's file. */
export function createSuggestions(io: StartedProgram, answers: Answers = new Map()): Suggestions {
  let start: string | undefined;
  const command = (line: string): string =>
    line
      .split(' && ')
      .map((part) => renderOne(part))
      .join(' && ');

  function renderOne(line: string): string {
    const [, prefix, verb = '', name = '', rest = ''] = LINE.exec(line) ?? [];
    if (prefix === undefined) return line;
    start ??= startOf(io);
    const flags = rest.includes('--help') ? [] : flagsToRepeat(name, rest);
    return [`${prefix}${start}${verb}${rest}`, ...flags].join(' ');
  }

  function flagsToRepeat(name: string, rest: string): string[] {
    const config = lastValueOf(io.argv, 'config');
    const flags = config === undefined ? [] : [`--config ${quoteWord(config)}`];
    if (rest.includes('--lambda-name')) return flags; // Such a command names another deployment.
    const namesLake = rest.includes(name === 'export' ? '--from ' : '--to ');
    for (const setting of isCommand(name) ? COMMAND_SETTINGS[name] : []) {
      if (namesLake && setting === 'bucketName') continue;
      const { flag, secret } = SETTINGS[setting];
      if (flag === undefined || secret || rest.includes(`--${flag.name}`)) continue;
      const value = answers.get(setting) ?? lastValueOf(io.argv, flag.name);
      if (value !== undefined) flags.push(`--${flag.name} ${quoteWord(value)}`);
    }
    return flags;
  }

  return {
    command,
    inText: (text) => text.replaceAll(QUOTED, (_, line: string) => `"${command(line)}"`),
  };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_SETTINGS, name);
}

/** Returns the last value of a flag, as Commander does, or `undefined`. */
function lastValueOf(argv: readonly string[], flag: string): string | undefined {
  const attribute = flagAttribute(flag);
  let value: string | undefined;
  for (const [index, argument] of argv.entries()) {
    if (argument === '--') break;
    const [, name = '', joined] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (flagAttribute(name.replaceAll('_', '-')) === attribute) value = joined ?? argv[index + 1];
  }
  return value === '' ? undefined : value;
}

/** Returns how to start this program again. */
function startOf(io: StartedProgram): string {
  const { env, program } = io;
  if (env.TDD_COMMAND) return env.TDD_COMMAND;
  if (program === undefined) return 'tdd';
  const file = resolveLinks(program);
  const byPackageManager = env.npm_config_user_agent !== undefined;
  if (isOnPath(file, env, byPackageManager)) return 'tdd';
  if (byPackageManager && env.npm_command === 'exec') {
    // npx has downloaded the package, or it runs the one of the project.
    return /[\\/]_npx[\\/]/.test(file) ? 'npx tmdb-distributed-downloader' : 'npx tdd';
  }
  const path = quoteWord(shortenPath(program, io));
  return program.endsWith('.js') ? `node ${path}` : path;
}

function resolveLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // It has been moved or deleted.
  }
}

/**
 * Whether `tdd` in a shell is this program: a link to its file, or a script that runs it. A package manager adds
 * `node_modules/.bin` to the PATH of its own child processes only.
 */
function isOnPath(file: string, env: Io['env'], byPackageManager: boolean): boolean {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(isAbsolute);
  for (const folder of folders) {
    if (byPackageManager && /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder)) continue;
    const found = process.platform === 'win32' ? join(folder, 'tdd.cmd') : join(folder, 'tdd');
    try {
      return realpathSync(found) === file || readFileSync(found, 'utf8').search(/bin[\\/]tdd\.js/) >= 0;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

/** Returns the path relative to the working directory if that is shorter; the directory may have been deleted. */
function shortenPath(path: string, io: Pick<Io, 'cwd'>): string {
  try {
    const short = relative(io.cwd, path);
    return short.length < path.length ? short : path;
  } catch {
    return path;
  }
}

/** Quotes a word for the user's shell, if necessary. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
