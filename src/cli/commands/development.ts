import { writeConfigFile } from '../../config/config-file.ts';
import {
  findSetting,
  missingSetting,
  resolveSetting,
  type SettingSources,
} from '../../config/resolve-settings.ts';
import { SETTINGS } from '../../config/settings.ts';
import { UsageError, UserError } from '../../errors.ts';
import { capitalize } from '../../text.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import type { Style } from '../output.ts';

/** The input of `tdd development`. */
interface DevelopmentInput {
  readonly bucketName: string;
  readonly apiKey: string;
  readonly tmdbBaseUrl: string;
  /** Ask TMDB whether it knows the key. */
  readonly verify: boolean;
}

/** What became of a value in config.ini. */
type Change = 'new' | 'changed' | 'unchanged';

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

/** `tdd development`: prepares this folder for work, with a config.ini. */
export const development = defineCommand<DevelopmentInput, DevelopmentResult>({
  description:
    "Asks for the data lake's bucket and the TMDB API key, checks the key with TMDB, and writes both into " +
    'config.ini, readable by you only. Other lines of that file stay as they are.\n\n' +
    "A key given as a flag stays in your shell's history: answer the question, or set TMDB_API_KEY, instead.\n" +
    'Get a key at https://www.themoviedb.org/settings/api.',
  settings: ['bucketName', 'apiKey'],
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
  const warning = describeUnusualKey(apiKey);
  if (warning !== undefined) context.output.warn(warning);
  return { bucketName, apiKey, tmdbBaseUrl, verify: flags.verify !== false };
}

/**
 * Describes what is unusual about a key: a v3 key has 32 hexadecimal digits, a v4 read access token is a JWT, which
 * begins with `eyJ`. Only TMDB knows whether a key is valid, so this is a warning, not an error.
 * @returns a sentence without the key; `undefined` for a key of either form.
 */
function describeUnusualKey(apiKey: string): string | undefined {
  if (/^[0-9a-f]{32}$/i.test(apiKey) || /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(apiKey)) return undefined;
  const found = apiKey.startsWith('eyJ')
    ? 'It begins like a v4 token, which has three parts with dots between: some of it may be missing.'
    : `It has ${apiKey.length} characters.`;
  return `The key looks unlike a TMDB key: a v3 key has 32 hexadecimal digits, a v4 read access token begins with "eyJ". ${found}`;
}

/** A value from its flag; else from the person, with what is known as the default; else what is known. */
async function readOne(
  context: CommandContext,
  sources: SettingSources,
  name: 'bucketName' | 'apiKey',
): Promise<string> {
  const { prompter, output, configPath } = context;
  const { parse, description, secret } = SETTINGS[name];
  const given = findSetting(name, sources);
  const isKnown = given?.from === 'flag' || (given !== undefined && context.yes);
  if (isKnown || !prompter.isInteractive) {
    const value = resolveSetting(name, sources);
    if (value === undefined) throw missingSetting(name, configPath);
    return value;
  }
  let known: string | undefined;
  try {
    known = resolveSetting(name, sources);
  } catch (error) {
    // What is wrong in the file or the environment is what this command is there to fix.
    if (!(error instanceof UsageError)) throw error;
    output.warn(error.message);
  }
  const from = given?.from === 'file' ? 'config.ini' : given?.source;
  return secret
    ? prompter.askMasked({
        message: `${capitalize(description)}${known ? ` (Enter keeps that of ${from})` : ''}:`,
        default: known,
        parse,
      })
    : prompter.askText({ message: `${capitalize(description)}:`, default: known, parse });
}

async function run(context: CommandContext, input: DevelopmentInput): Promise<DevelopmentResult> {
  const { configPath: path, output, signal, io } = context;
  const { bucketName, apiKey, tmdbBaseUrl, verify } = input;
  if (verify) {
    output.info('Checking the key with TMDB …');
    const { checkKeyIfReachable } = await import('../../app/tmdb.ts'); // Loads got, 0.2 s: not for questions.
    const whyUnchecked = await checkKeyIfReachable({ baseUrl: tmdbBaseUrl, apiKey, signal });
    if (whyUnchecked)
      throw new UserError(whyUnchecked.replace(/\.$/, ', or skip the check with --no-verify.'));
  }
  signal.throwIfAborted();
  const values = { bucketName, apiKey };
  const names = ['bucketName', 'apiKey'] as const;
  const before = await writeConfigFile(
    path,
    names.map((name) => ({ section: SETTINGS[name].section, key: SETTINGS[name].key, value: values[name] })),
  );
  const changeOf = (name: 'bucketName' | 'apiKey'): Change => {
    const old = before.get(SETTINGS[name].section, SETTINGS[name].key);
    if (old === undefined || old === '') return 'new';
    return old === values[name] ? 'unchanged' : 'changed';
  };
  for (const name of names) {
    const override = findSetting(name, { env: io.env });
    if (override !== undefined && override.text.trim() !== values[name]) {
      output.warn(
        `${override.source} is set in the environment to another value, which goes before config.ini.`,
      );
    }
  }
  return {
    path,
    bucketName,
    bucketNameChange: changeOf('bucketName'),
    apiKeyChange: changeOf('apiKey'),
    verified: verify,
  };
}

function format(result: DevelopmentResult, style: Style): string {
  return [
    `${style.green('✔')} Wrote ${result.path}, readable by you only.`,
    `  bucket   ${result.bucketName} (${result.bucketNameChange})`,
    `  API key  ${result.apiKeyChange}, ${result.verified ? 'accepted by TMDB' : 'not checked with TMDB'}`,
    '',
    'Next, try one partition into a folder here, then put the workers on AWS:',
    `  ${style.bold('tdd download --year 2004 --initial AD --to lake')}`,
    `  ${style.bold('tdd deploy')}`,
  ].join('\n');
}
