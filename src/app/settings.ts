import { resolve } from 'node:path';
import { readConfigFile } from '../config/config-file.ts';
import { resolveSettings } from '../config/resolve-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';

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

/** Those of the settings that say how a movie is asked for: what manifests and launches keep, no secret among them. */
export function lookupSettings({ lookup, language, reviewLanguage, append }: Settings): LookupSettings {
  return { lookup, language, reviewLanguage, append };
}
