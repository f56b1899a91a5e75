import { namingSource, UsageError } from '../errors.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, type Settings } from './settings.ts';

/** The values of config.ini. */
export interface ConfigValues {
  /** The file's path, for errors. */
  readonly path: string;
  /** The value of a key; section and key names are case-insensitive. */
  get(section: string, key: string): string | undefined;
}

/** Where settings come from, in order of precedence. */
export interface SettingSources {
  /** Flags by their camel-cased names (`datalakeBucketName`), as commander reports them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigValues | undefined;
}

/** The text of a setting and, for errors, its source, such as `--workers` or `TDD_WORKERS`. */
interface GivenSetting {
  readonly text: string;
  readonly source: string;
  readonly from: 'flag' | 'environment' | 'file';
}

/**
 * Resolves all settings: a flag overrides the environment, which overrides config.ini, which overrides the default. An
 * empty value counts as not set.
 * @throws {UsageError} for the first invalid value, with its source, the value (unless it is secret) and what is allowed.
 */
export function resolveSettings(sources: SettingSources): Settings {
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, resolveSetting(name, sources)]));
  // Each value was parsed by its own row of the table, whose type ties names to values.
  const resolved = settings as unknown as Settings;
  if (resolved.lookup === 'find' && resolved.append.length > 0) {
    const append = findSetting('append', sources)?.source ?? 'append';
    const lookup = findSetting('lookup', sources)?.source ?? 'lookup';
    throw new UsageError(
      `${append} (${resolved.append.join(',')}) cannot be used with ${lookup} "find": remove one of the two.`,
    );
  }
  return resolved;
}

/**
 * Resolves one setting: `undefined` when it is not set and has no default.
 * @throws {UsageError} as {@link resolveSettings}.
 */
export function resolveSetting<N extends SettingName>(
  name: N,
  sources: SettingSources,
): Settings[N] | undefined {
  const setting: Setting<NonNullable<Settings[N]>> = SETTINGS[name];
  const given = findSetting(name, sources);
  if (given === undefined) return setting.default === undefined ? undefined : setting.parse(setting.default);
  return namingSource(given.source, () => setting.parse(given.text));
}

/** Finds the text of a setting, unparsed and without its default. */
export function findSetting(
  name: SettingName,
  { flags, env, file }: SettingSources,
): GivenSetting | undefined {
  const { section, key, env: variable, flag } = SETTINGS[name];
  const flagText = flag && flags?.[flagAttribute(flag.name)];
  if (flag && typeof flagText === 'string' && flagText.trim() !== '') {
    return { text: flagText, source: `--${flag.name}`, from: 'flag' };
  }
  const envText = env[variable];
  if (envText !== undefined && envText.trim() !== '') {
    return { text: envText, source: variable, from: 'environment' };
  }
  const fileText = file?.get(section, key);
  if (file !== undefined && fileText !== undefined && fileText.trim() !== '') {
    return { text: fileText, source: `[${section}] ${key} in ${file.path}`, from: 'file' };
  }
  return undefined;
}

/** The error for a required setting that is missing; it names every place where the setting can be given. */
export function missingSetting(name: SettingName, configPath: string): UsageError {
  const { description, flag, env, section, key } = SETTINGS[name];
  const ways = [...(flag ? [`--${flag.name}`] : []), env, `[${section}] ${key} in ${configPath}`];
  const last = ways.pop();
  const saved =
    name === 'bucketName' || name === 'apiKey' ? ' "tdd development" asks for it and saves it.' : '';
  return new UsageError(`The ${description} is not set: use ${ways.join(', ')} or ${last}.${saved}`);
}

/**
 * Converts the worker's settings to environment variables, from which {@link resolveSettings} reads the same settings.
 * Empty and missing values are omitted.
 */
export function settingsEnvironment(settings: Settings): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const value = settings[name];
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
    if (SETTINGS[name].worker && text !== '') variables[SETTINGS[name].env] = text;
  }
  return variables;
}

/** The name of a flag among commander's option values: `datalakeBucketName` for `datalake-bucket-name`. */
export function flagAttribute(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
