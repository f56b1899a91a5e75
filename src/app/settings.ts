import { resolve } from 'node:path';
import { readConfigFile } from '../config/config-file.ts';
import { resolveSettings } from '../config/resolve-settings.ts';
import type { Settings } from '../config/settings.ts';

/** Where settings are read from. */
export interface SettingPlaces {
  /** The environment, as `process.env`: stronger than config.ini. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of config.ini, by default the working directory; `TDD_CONFIG` in `env` names another file. */
  readonly folder?: string;
}

/**
 * Reads the settings as `tdd` does in that folder: environment before config.ini before default.
 * @throws {UsageError} for a value that is not allowed, or a config.ini that cannot be read.
 */
export async function readSettings({ env, folder = '.' }: SettingPlaces): Promise<Settings> {
  const file = await readConfigFile(resolve(folder, env.TDD_CONFIG || 'config.ini'));
  return resolveSettings({ env, file });
}
