import { namingSource, UsageError } from '../errors.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, type Settings } from './settings.ts';

/** What config.ini says. */
export interface ConfigValues {
  /** The file's path, for errors. */
  readonly path: string;
  /** A key's value; names of sections and keys without regard to case. */
  get(section: string, key: string): string | undefined;
}

/** Where settings come from, the strongest first. */
export interface SettingSources {
  /** The flags given, by their camel-cased names (`datalakeBucketName`), as commander gives them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigValues | undefined;
}

/** A setting's text as someone gave it, and where, for an error: `--workers`, `TDD_WORKERS`. */
interface GivenSetting {
  readonly text: string;
  readonly source: string;
  readonly from: 'flag' | 'environment' | 'file';
}

/**
 * All settings: flag before environment before config.ini before default. An empty value counts as not given.
 * @throws {UsageError} for the first value that is not allowed: where it came from, which it is (never a
 *   secret's), what is allowed.
 */
export function resolveSettings(sources: SettingSources): Settings {
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, resolveSetting(name, sources)]));
  // Each value was parsed by its own row of the table, whose type ties names to values.
  const resolved = settings as unknown as Settings;
  if (resolved.lookup === 'find' && resolved.append.length > 0) {
    const append = findSetting('append', sources)?.source ?? 'append';
    const lookup = findSetting('lookup', sources)?.source ?? 'lookup';
    throw new UsageError(
      `${append} asks for ${resolved.append.join(',')}, which ${lookup} "find" cannot append: leave one of the two out.`,
    );
  }
  return resolved;
}

/**
 * One setting, or `undefined` when it has no default and nobody gave it.
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

/** What was given for a setting, before it is parsed and without its default. */
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
  return new UsageError(`The ${description} is not set: use ${ways.join(', ')} or ${last}.`);
}

/**
 * The worker's settings as environment variables, from which {@link resolveSettings} reads the same again.
 * What is empty or absent is left out.
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

/** A flag's name among commander's option values: `datalake-bucket-name` gives `datalakeBucketName`. */
export function flagAttribute(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
