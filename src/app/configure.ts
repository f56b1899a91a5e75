import { writeConfigFile } from '../config/config-file.ts';
import { findSetting } from '../config/resolve-settings.ts';
import { SETTINGS } from '../config/settings.ts';

/** The two settings without a default. */
interface SavedSettings {
  /** Empty without a bucket, which a lake in a directory does not need. */
  readonly bucketName: string;
  readonly apiKey: string;
}

/** Whether a value in config.ini is new or differs from the previous one. */
export type Change = 'new' | 'changed' | 'unchanged';

/** The result of {@link configure}. */
interface ConfigureReport {
  readonly changes: Readonly<Record<keyof SavedSettings, Change>>;
  /** Environment variables that override config.ini with a different value. */
  readonly overriddenBy: readonly string[];
}

/**
 * Writes the bucket and the API key into config.ini, readable by its owner only, and keeps everything else in the file.
 * @throws {UsageError} when the file cannot be read or written.
 */
export async function configure(
  path: string,
  values: SavedSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ConfigureReport> {
  const entryOf = (name: keyof SavedSettings) => {
    const { section, key } = SETTINGS[name];
    return { section, key, value: values[name] };
  };
  const before = await writeConfigFile(path, [entryOf('bucketName'), entryOf('apiKey')]);
  const changeOf = (name: keyof SavedSettings): Change => {
    const { section, key, value } = entryOf(name);
    const old = before.get(section, key);
    if ((old ?? '') === value) return 'unchanged';
    return old ? 'changed' : 'new';
  };
  const overriddenBy = (['bucketName', 'apiKey'] as const).flatMap((name) => {
    const override = findSetting(name, { env });
    return override !== undefined && override.text.trim() !== values[name] ? [override.source] : [];
  });
  return { changes: { bucketName: changeOf('bucketName'), apiKey: changeOf('apiKey') }, overriddenBy };
}
