import { resolve } from 'node:path';
import { type AwsClients, createClients } from '../aws/clients.ts';
import { createS3Client } from '../aws/s3-client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { readConfigFile } from '../config/config-file.ts';
import { missingSetting, resolveSettings } from '../config/resolve-settings.ts';
import type { Settings } from '../config/settings.ts';
import { createS3Lake } from '../lake/s3/s3-lake.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { connectFleet, type FleetConnection } from './fleet-connection.ts';
import { createMemoryCache } from './manifest-summaries.ts';
import { createTmdb } from './tmdb.ts';

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

/** Settings with nothing missing. */
export type CompleteSettings = Settings & { readonly bucketName: string; readonly apiKey: string };

/** Clients of AWS, TMDB and the lake: what the other functions take as their first argument. */
export interface Connection extends FleetConnection {
  readonly settings: CompleteSettings;
  readonly tmdb: TmdbClient;
  /** AWS's clients. */
  readonly clients: AwsClients & { region(): Promise<string> };
  /** The profile of `~/.aws` in use, when `AWS_PROFILE` names one. */
  readonly profile: string | undefined;
}

/**
 * Makes a client of every service that the settings name. No request is sent yet: a wrong key or an absent bucket shows
 * with the first call. The SDK finds AWS's credentials, region and endpoint itself.
 * @param options.env the environment, as `process.env`.
 * @throws {UsageError} when bucket or API key are not set.
 */
export function connect(
  settings: Settings,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly clock?: Clock },
): Connection {
  const { env, clock = systemClock } = options;
  const { bucketName, apiKey } = settings;
  if (bucketName === undefined) throw missingSetting('bucketName', 'config.ini');
  if (apiKey === undefined) throw missingSetting('apiKey', 'config.ini');
  const complete = { ...settings, bucketName, apiKey };
  const s3 = createS3Client({ env });
  const clients = createClients({ loadS3: async () => s3 });
  const lake = createS3Lake({ s3, bucket: bucketName });
  return {
    ...connectFleet(clients, { settings: complete, lake, cache: createMemoryCache(), clock }),
    settings: complete,
    tmdb: createTmdb({ clock }, { settings, apiKey }).tmdb,
    clients,
    profile: env.AWS_PROFILE || undefined,
  };
}
