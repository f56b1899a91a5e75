import { resolve } from 'node:path';
import type { CredentialProvider } from '../aws/client-config.ts';
import { shareCredentials } from '../aws/shared-credentials.ts';
import { type Clock, systemClock } from '../clock.ts';
import { readConfigFile } from '../config/config-file.ts';
import {
  findSetting,
  missingSetting,
  resolveSettings,
  type SettingSources,
} from '../config/resolve-settings.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type Settings } from '../config/settings.ts';
import { describeUnknownNames } from '../config/unknown-names.ts';
import { InvalidValueError, UsageError } from '../errors.ts';
import { capitalize, formatNumberOf, toOneLine } from '../text.ts';
import type { OnWait } from '../wait.ts';
import type { Flags } from './flags.ts';
import type { Io } from './io.ts';
import { createOutput, type Output } from './output.ts';
import { createPrompter, type Prompter } from './prompts.ts';
import type { Secrets } from './secrets.ts';
import { type Answers, createSuggestions } from './suggestions.ts';
import { createWaitLines } from './wait-lines.ts';

type ReadSources = SettingSources & { readonly file: Awaited<ReturnType<typeof readConfigFile>> };

/** The context that every command receives. */
export interface CommandContext {
  readonly io: Io;
  readonly clock: Clock;
  /** The AWS credentials of all clients. On a terminal, it asks for the code of an MFA device. */
  readonly credentials: CredentialProvider;
  /** Aborted by Ctrl-C, `kill` or a closed stdout; its reason is the error to report. */
  readonly signal: AbortSignal;
  readonly output: Output;
  /** Shows a wait with its end, unless `--quiet`. */
  readonly onWait: OnWait;
  readonly prompter: Prompter;
  readonly secrets: Secrets;
  /** `--yes`: do not ask for consent. */
  readonly yes: boolean;
  /** Whether the command may ask for missing values: on a terminal, without `--yes`. */
  readonly mayAsk: boolean;
  /** The absolute path of config.ini. */
  readonly configPath: string;
  /**
   * Flags, environment and config.ini, unparsed.
   * @throws {UsageError} when config.ini cannot be read, or when `--config` names a file that does not exist (unless
   *   `mayBeAbsent`).
   */
  readonly readSources: (options?: { readonly mayBeAbsent?: boolean }) => Promise<ReadSources>;
  /** Reads all settings. @throws {UsageError} for an invalid value. */
  readonly readSettings: () => Promise<Settings>;
  /**
   * Returns a setting that the command needs; asks for it when it is missing.
   * @throws {UsageError} when it may not be asked for, naming the flag, the variable and the key.
   */
  readonly requireSetting: <N extends SettingName>(
    settings: Settings,
    name: N,
  ) => Promise<NonNullable<Settings[N]>>;
  /** Asks for those of these settings that are not set, offering their defaults. Without a terminal it keeps the defaults. */
  readonly confirmDefaults: (settings: Settings, names: readonly SettingName[]) => Promise<Settings>;
}

/** The file may belong to another program, so only the first unknown names are shown. */
const SHOWN_UNKNOWN = 5;

/** Returns a line per setting with the source of its value; secret values are not shown. */
function describeSources(sources: ReadSources): string[] {
  const { path, exists } = sources.file;
  const lines = SETTING_NAMES.map((name) => {
    const { key, secret, default: standard } = SETTINGS[name];
    const given = findSetting(name, sources);
    const value = secret ? '' : ` = ${given?.text || standard || '(none)'}`;
    if (given !== undefined) return `${key}${value}, from ${given.source}`;
    return standard === undefined ? `${key} is not set` : `${key}${value}, the default`;
  });
  return [`${path} ${exists ? 'was read' : 'does not exist'}.`, ...lines];
}

/** Returns the question for a setting, without a colon. */
export function questionAbout(name: SettingName): string {
  return capitalize(SETTINGS[name].description.replace(/;.*/, ''));
}

/** @param serial the device's ARN or serial number, from the profile. */
function askMfaCode(prompter: Prompter, serial: string): Promise<string> {
  return prompter.askText({
    message: `Code of the MFA device ${toOneLine(serial)}:`,
    parse: (text) => {
      const code = text.trim();
      if (/^\d{6}$/.test(code)) return code;
      throw new InvalidValueError('The code', 'must be the six digits that the device shows now.');
    },
  });
}

/** Creates the context of one run of a command. */
export function createContext(
  io: Io,
  deps: { readonly secrets: Secrets; readonly answers?: Answers; readonly signal: AbortSignal },
  flags: Flags,
): CommandContext {
  const { secrets, signal, answers: told = new Map() } = deps;
  const clock = io.clock ?? systemClock;
  const namedConfig = typeof flags.config === 'string' ? flags.config : undefined;
  const configPath = resolve(io.cwd, namedConfig ?? (io.env.TDD_CONFIG?.trim() || 'config.ini'));
  const output = createOutput(
    io,
    { secrets, suggestions: createSuggestions(io, told) },
    {
      json: flags.json === true,
      quiet: flags.quiet === true,
      verbose: flags.verbose === true,
    },
  );
  const prompter = createPrompter({ io, signal, secrets });
  const yes = flags.yes === true;
  const mayAsk = prompter.isInteractive && !yes;
  let hasWarned = false;
  const warnOfUnknownNames = async (file: ReadSources['file']): Promise<void> => {
    if (hasWarned) return;
    hasWarned = true;
    const sentences = await describeUnknownNames({ env: io.env, file });
    for (const sentence of sentences.slice(0, SHOWN_UNKNOWN)) output.warn(sentence);
    const more = sentences.length - SHOWN_UNKNOWN;
    if (more > 0)
      output.warn(`${formatNumberOf(more, 'further unknown name')} in ${configPath} or the environment.`);
  };
  const readSources: CommandContext['readSources'] = async ({ mayBeAbsent = false } = {}) => {
    const file = await readConfigFile(configPath);
    if (namedConfig !== undefined && !file.exists && !mayBeAbsent) {
      throw new UsageError(
        `The file ${configPath} does not exist: name another file with --config, or omit --config.`,
      );
    }
    secrets.add(file.get(SETTINGS.apiKey.section, SETTINGS.apiKey.key));
    await warnOfUnknownNames(file);
    return { flags, env: io.env, file };
  };
  return {
    io,
    credentials: shareCredentials({
      env: io.env,
      ...(prompter.isInteractive && { askMfaCode: (serial) => askMfaCode(prompter, serial) }),
    }),
    clock,
    signal,
    output,
    onWait: createWaitLines({ clock, write: output.info }),
    prompter,
    secrets,
    yes,
    mayAsk,
    configPath,
    readSources,
    readSettings: async () => {
      const sources = await readSources();
      const settings = resolveSettings(sources); // First: an invalid value, which may contain a password, is not shown.
      for (const line of describeSources(sources)) output.debug(line);
      return settings;
    },
    requireSetting: async <N extends SettingName>(settings: Settings, name: N) => {
      const value = settings[name];
      if (value !== undefined) return value;
      if (!mayAsk) throw missingSetting(name, configPath);
      const { parse, secret } = SETTINGS[name];
      const question = { message: `${questionAbout(name)}:`, parse };
      if (secret) return prompter.askMasked(question);
      const answer = await prompter.askText(question);
      told.set(name, String(answer));
      return answer;
    },
    confirmDefaults: async (settings, names) => {
      if (!mayAsk) return settings;
      const sources = await readSources();
      const answers: Partial<Record<SettingName, unknown>> = {};
      for (const name of names.filter((each) => findSetting(each, sources) === undefined)) {
        const { parse, default: standard } = SETTINGS[name];
        const answer = await prompter.askText<unknown>({
          message: `${questionAbout(name)}:`,
          default: standard,
          parse,
        });
        answers[name] = answer;
        if (String(answer) !== standard) told.set(name, String(answer));
      }
      // Each answer was parsed by its own row of the table, whose type ties names to values.
      return { ...settings, ...(answers as Partial<Settings>) };
    },
  };
}
