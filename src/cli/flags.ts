import { Option } from 'commander';
import { flagAttribute } from '../config/resolve-settings.ts';
import { SETTINGS, type SettingName } from '../config/settings.ts';
import { InvalidValueError, namingSource } from '../errors.ts';
import { quote } from '../text.ts';
import { SETTINGS_GROUP } from './help.ts';

/** The flags of the command line by their camel-cased names, as commander reports them. */
export type Flags = Readonly<Record<string, unknown>>;

/** The flag of a setting; its help names the equivalent environment variable and config.ini key. */
export function settingOption(name: SettingName): Option {
  const { flag, description, env, section, key, default: standard } = SETTINGS[name];
  if (flag === undefined) throw new Error(`The setting ${name} has no flag.`);
  const fallback = standard ? `; default: ${standard}` : '';
  return new Option(
    `--${flag.name} <${flag.value}>`,
    `${description} (${env}, [${section}] ${key}${fallback})`,
  ).helpGroup(SETTINGS_GROUP);
}

/** Collects the values of a flag that can be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/**
 * Reads the value of a flag; `undefined` when the flag is not given.
 * @throws {InvalidValueError} naming the flag.
 */
export function readFlag<T>(flags: Flags, flag: string, parse: (text: string) => T): T | undefined {
  const value = flags[flagAttribute(flag.slice(2))];
  return value === undefined ? undefined : namingSource(flag, () => parse(String(value)));
}

/**
 * Reads a whole number of at least `least`.
 * @throws {InvalidValueError} for anything else, naming the flag.
 */
export function parseCount(text: string, flag: string, { least = 1 } = {}): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count >= least) return count;
  throw new InvalidValueError(flag, `must be a whole number of ${least} or more (got ${quote(text)}).`);
}
