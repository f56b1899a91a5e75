import { type Change, configure } from '../../app/configure.ts';
import {
  findSetting,
  missingSetting,
  resolveSetting,
  type SettingSources,
} from '../../config/resolve-settings.ts';
import { SETTINGS } from '../../config/settings.ts';
import { UsageError, UserError } from '../../errors.ts';
import { KeyRejectedError } from '../../tmdb/errors.ts';
import { announceOtherTmdb } from '../announce-tmdb.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { type CommandContext, questionAbout } from '../context.ts';
import type { Flags } from '../flags.ts';
import type { Style } from '../output.ts';

/** The input of `tdd development`. */
interface DevelopmentInput {
  /** Empty when the user has none. */
  readonly bucketName: string;
  readonly apiKey: string;
  /** TMDB has accepted the key. */
  readonly verified: boolean;
}

/** The result of `tdd development`. */
interface DevelopmentResult {
  readonly path: string;
  readonly bucketName: string;
  readonly bucketNameChange: Change;
  /** The key itself is never printed. */
  readonly apiKeyChange: Change;
  /** TMDB has accepted the key. */
  readonly verified: boolean;
}

/** The bucket itself need not be new. */
const CHANGES: Readonly<Record<Change, string>> = {
  new: 'added',
  changed: 'changed',
  unchanged: 'unchanged',
};

/** `tdd development`: creates or updates config.ini. */
export const development = defineCommand<DevelopmentInput, DevelopmentResult>({
  description:
    'Asks for the S3 bucket of the data lake and the TMDB API key, checks the key with TMDB, and writes both to ' +
    'config.ini, readable only by you. Other lines of the file stay as they are. A lake in a directory needs no bucket: ' +
    'press Enter.\n\n' +
    'A key passed as a flag stays in your shell history: answer the prompt or set TMDB_API_KEY instead. ' +
    'Get a key at https://www.themoviedb.org/settings/api.',
  settings: COMMAND_SETTINGS.development,
  declare: (command) => command.option('--no-verify', 'do not check the key with TMDB'),
  readInput,
  run,
  format,
});

async function readInput(context: CommandContext, flags: Flags): Promise<DevelopmentInput> {
  const sources = await context.readSources({ mayBeAbsent: true });
  const tmdbBaseUrl = resolveSetting('tmdbBaseUrl', sources) ?? '';
  const bucketName = await readOne(context, sources, 'bucketName');
  const apiKey = await readOne(context, sources, 'apiKey');
  warnOfUnusualKey(context, apiKey);
  if (flags.verify === false) return { bucketName, apiKey, verified: false };
  return { bucketName, apiKey: await readAcceptedKey(context, apiKey, tmdbBaseUrl), verified: true };
}

/**
 * Warns about a key of an unusual form: a v3 key has 32 hexadecimal digits, and a v4 read access token is a JWT,
 * which begins with `eyJ`. This is not an error, since only TMDB knows whether a key is valid. The key is not shown.
 */
function warnOfUnusualKey({ output }: CommandContext, apiKey: string): void {
  if (/^[0-9a-f]{32}$/i.test(apiKey) || /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(apiKey)) return;
  const found = apiKey.startsWith('eyJ')
    ? 'This one begins like a v4 token, but does not have three parts separated by dots: it may be incomplete.'
    : `This one has ${apiKey.length} characters.`;
  output.warn(
    `This does not look like a TMDB key: a v3 API key has 32 hexadecimal digits, and a v4 read access token begins with "eyJ". ${found}`,
  );
}

/**
 * Returns the value of the flag; without it, asks with the known value as the default, or returns the known value. To the
 * question for the bucket, the answer can be empty.
 */
async function readOne(
  context: CommandContext,
  sources: SettingSources,
  name: 'bucketName' | 'apiKey',
): Promise<string> {
  const { prompter, output, configPath, mayAsk } = context;
  const { parse, secret } = SETTINGS[name];
  const given = findSetting(name, sources);
  if (given?.from === 'flag' || !mayAsk) {
    const value = resolveSetting(name, sources);
    if (value === undefined) throw missingSetting(name, configPath);
    return value;
  }
  let known: string | undefined;
  try {
    known = resolveSetting(name, sources);
  } catch (error) {
    // Ignore an invalid value in config.ini: users fix it with this command.
    if (!(error instanceof UsageError)) throw error;
    output.warn(error.message);
  }
  const from = given?.from === 'file' ? 'config.ini' : given?.source;
  const message = questionAbout(name);
  if (secret) {
    const hint = known ? ` (Enter keeps the one in ${from})` : '';
    return prompter.askMasked({ message: `${message}${hint}:`, default: known, parse });
  }
  return prompter.askText({
    message: `${message}${known ? '' : ' (Enter: none)'}:`,
    default: known ?? '',
    parse: (text) => (text.trim() === '' ? '' : parse(text)),
  });
}

/** Checks the key with TMDB. On a terminal, it asks for another one until TMDB accepts it. */
async function readAcceptedKey(context: CommandContext, given: string, baseUrl: string): Promise<string> {
  const { io, output, prompter, signal, mayAsk } = context;
  const { env } = io;
  await announceOtherTmdb(context);
  const { checkKeyIfReachable } = await import('../../app/tmdb.ts'); // Loads got, 0.2 s: not for questions.
  for (let apiKey = given; ; warnOfUnusualKey(context, apiKey)) {
    output.info('Checking the key with TMDB …');
    try {
      const whyUnchecked = await checkKeyIfReachable({ baseUrl, apiKey, env, signal, trace: output.trace });
      if (whyUnchecked === undefined) return apiKey;
      throw new UserError(whyUnchecked.message.replace(/\.$/, ', or skip the check with --no-verify.'));
    } catch (error) {
      if (!(error instanceof KeyRejectedError) || !mayAsk) throw error;
      output.warn(error.message.replace(' and set it with "tdd development"', ''));
    }
    apiKey = await prompter.askMasked({
      message: `${questionAbout('apiKey')}:`,
      parse: SETTINGS.apiKey.parse,
    });
  }
}

async function run(context: CommandContext, input: DevelopmentInput): Promise<DevelopmentResult> {
  const { configPath: path, output, io, signal } = context;
  const { bucketName, verified } = input;
  signal.throwIfAborted();
  const { changes, overriddenBy } = await configure(path, input, io.env);
  for (const variable of overriddenBy) {
    output.warn(
      `${variable} is set in the environment to another value, which takes precedence over config.ini.`,
    );
  }
  const { bucketName: bucketNameChange, apiKey: apiKeyChange } = changes;
  return { path, bucketName, bucketNameChange, apiKeyChange, verified };
}

function format(result: DevelopmentResult, style: Style): string {
  return [
    `${style.green('✔')} Wrote ${result.path}, readable only by you.`,
    `  bucket   ${result.bucketName ? `${result.bucketName} (${CHANGES[result.bucketNameChange]})` : 'none'}`,
    `  API key  ${CHANGES[result.apiKeyChange]}, ${result.verified ? 'accepted by TMDB' : 'not checked with TMDB'}`,
    '',
    `Next, download one partition to a local directory${result.bucketName ? ', then deploy or update the workers' : ''}:`,
    `  ${style.command('tdd download --year 2004 --initial AD --to lake')}`,
    ...(result.bucketName ? [`  ${style.command('tdd deploy')}`] : []),
  ].join('\n');
}
