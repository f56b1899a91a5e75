import { Option } from 'commander';
import { SETTINGS, type SettingName } from '../config/settings.ts';
import { UsageError } from '../errors.ts';

/** The flags given on the command line, by camel-cased name, as commander gives them. */
export type Flags = Readonly<Record<string, unknown>>;

/** The flag of a setting; its help names the variable and the key that mean the same. */
export function settingOption(name: SettingName): Option {
  const { flag, description, env, section, key, default: standard } = SETTINGS[name];
  if (flag === undefined) throw new Error(`The setting ${name} has no flag.`);
  const fallback = standard ? `; default: ${standard}` : '';
  return new Option(
    `--${flag.name} <${flag.value}>`,
    `${description} (${env}, [${section}] ${key}${fallback})`,
  );
}

/** Gathers the values of a flag that can be given more than once. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/**
 * Reads a number of things given with a flag.
 * @throws {UsageError} for anything but a whole number of at least `least`.
 */
export function parseCount(text: string, flag: string, { least = 1 } = {}): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count >= least) return count;
  throw new UsageError(`${flag} "${text}" is no number of things: give a whole number, ${least} or more.`);
}
