import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AwsClients, type AwsConfig, createClients } from '../aws/clients.ts';
import { createS3Client } from '../aws/s3-client.ts';
import { shareCredentials } from '../aws/shared-credentials.ts';
import { type Clock, systemClock } from '../clock.ts';
import { readConfigFile } from '../config/config-file.ts';
import { missingSetting, resolveSettings } from '../config/resolve-settings.ts';
import type { Settings } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import type { Lake } from '../lake/lake.ts';
import {
  type LakeLocation,
  openLake as openLakeAt,
  parseDestination,
  parseLakeUrl,
} from '../lake/open-lake.ts';
import { createS3Lake } from '../lake/s3/s3-lake.ts';
import { createNetwork } from '../network.ts';
import { quote } from '../text.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { connectFleet, type FleetConnection } from './fleet-connection.ts';
import { createMemoryCache } from './manifest-summaries.ts';
import { createTmdb } from './tmdb.ts';
import { userAgent } from './version.ts';

/** The environment, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The sources of settings. */
export interface SettingPlaces {
  /** The environment, as `process.env`. It takes precedence over config.ini. */
  readonly env: Environment;
  /** The folder of config.ini, by default the working directory; `TDD_CONFIG` in `env` names another file. */
  readonly folder?: string;
}

/**
 * Reads the settings as `tdd` does in that folder: the environment overrides config.ini, which overrides the defaults.
 * The bucket and the API key may be missing.
 * @throws {UsageError} for a value that is not allowed, or a config.ini that cannot be read.
 */
export async function readSettings({ env, folder = '.' }: SettingPlaces): Promise<Settings> {
  const file = await readConfigFile(resolve(folder, env.TDD_CONFIG?.trim() || 'config.ini'));
  return resolveSettings({ env, file });
}

/** Settings that include the bucket and the API key. */
export type CompleteSettings = Settings & { readonly bucketName: string; readonly apiKey: string };

/** Clients for AWS, TMDB and the lake: the first argument of most other functions. */
export interface Connection extends FleetConnection {
  readonly settings: CompleteSettings;
  readonly tmdb: TmdbClient;
  /** The AWS clients. */
  readonly clients: AwsClients & AwsConfig;
  /** The profile of `~/.aws` that `AWS_PROFILE` names. */
  readonly profile: string | undefined;
}

/** Clients for TMDB, IMDb and one lake, but not for a fleet: enough to index IMDb's list and to download in this process. */
export type LakeConnection = Pick<
  Connection,
  'lake' | 'tmdb' | 'datasetsUrl' | 'userAgent' | 'network' | 'clock' | 'random'
> & { readonly settings: Settings };

/**
 * Opens a lake. This needs neither settings nor a TMDB API key, and a directory needs no AWS either. It sends no
 * requests yet.
 * @param place a directory, or `s3://bucket`.
 * @param options.create accept a directory that does not exist yet; the first write creates it.
 * @param options.env the environment, as `process.env`; it can name an S3 endpoint other than AWS's.
 * @throws {UsageError} when `place` is neither, or the directory does not exist.
 *
 * @example
 * const lake = await openLake('./lake');
 * for await (const movie of listMovies(lake, { year: 2004 })) console.log(movie.title);
 */
export async function openLake(
  place: string,
  { create = false, env = {} }: { readonly create?: boolean; readonly env?: Environment } = {},
): Promise<Lake> {
  const location = parseLakeUrl(place);
  if (location.kind === 'directory' && !create && !existsSync(location.directory)) {
    throw new UsageError(
      `The directory ${quote(resolve(place), 1_000)} does not exist: check its name, or pass { create: true } for a new lake.`,
    );
  }
  return openAt(location, env);
}

/**
 * Opens the destination of an export. It sends no requests yet.
 * @param place a directory, which the first write creates, or `s3://bucket/prefix`.
 * @param options.env the environment, as `process.env`; it can name an S3 endpoint other than AWS's.
 * @throws {UsageError} when `place` is neither.
 */
export async function openDestination(
  place: string,
  { env = {} }: { readonly env?: Environment } = {},
): Promise<Lake> {
  return openAt(parseDestination(place), env);
}

function openAt(location: LakeLocation, env: Environment): Promise<Lake> {
  const credentials = shareCredentials({ env });
  const createS3 = () => createS3Client({ env, credentials, clock: systemClock, random: Math.random });
  return openLakeAt({ createS3 }, location);
}

/**
 * Creates clients for all services in the settings. It sends no requests yet: the first call that needs the key or the
 * bucket reports that the key is wrong or the bucket missing. The AWS SDK finds credentials, region and endpoint itself.
 * @param options.env the environment, as `process.env`.
 * @throws {UsageError} when the bucket or the API key is not set.
 */
export function connect(
  settings: Settings,
  options: { readonly env: Environment; readonly clock?: Clock },
): Connection;
/**
 * Connects to a lake of your choice instead of the bucket in the settings, such as a directory. Downloads need the API
 * key; the other functions work without it.
 * @param options.lake as {@link openLake} opens it.
 * @param options.env the environment, as `process.env`; it can name a proxy.
 *
 * @example
 * const connection = connect(await readSettings({ env }), { lake: await openLake('./lake', { create: true }) });
 * const index = await openIndex(connection);
 * await download(connection, index, { year: 2004, initial: 'AD' });
 */
export function connect(
  settings: Settings,
  options: { readonly lake: Lake; readonly env?: Environment; readonly clock?: Clock },
): LakeConnection;
export function connect(
  settings: Settings,
  options: { readonly env?: Environment; readonly lake?: Lake; readonly clock?: Clock },
): Connection | LakeConnection {
  const { env = {}, lake, clock = systemClock } = options;
  return lake === undefined ? connectAll(settings, env, clock) : connectLake(settings, lake, env, clock);
}

function connectAll(settings: Settings, env: Environment, clock: Clock): Connection {
  const { bucketName, apiKey } = settings;
  if (bucketName === undefined) throw missingSetting('bucketName', 'config.ini');
  if (apiKey === undefined) throw missingSetting('apiKey', 'config.ini');
  const complete = { ...settings, bucketName, apiKey };
  const credentials = shareCredentials({ env });
  const s3 = createS3Client({ env, credentials, clock, random: Math.random });
  const profile = env.AWS_PROFILE || undefined;
  const network = createNetwork(env);
  const clients = createClients({ env, credentials, loadS3: async () => s3, profile });
  const lake = createS3Lake({ s3, bucket: bucketName });
  return {
    ...connectFleet(clients, { settings: complete, lake, cache: createMemoryCache(), clock, network }),
    settings: complete,
    tmdb: createTmdb({ clock, env }, { settings, apiKey }).tmdb,
    clients,
    profile,
  };
}

function connectLake(settings: Settings, lake: Lake, env: Environment, clock: Clock): LakeConnection {
  const { apiKey, imdbDatasetsUrl: datasetsUrl } = settings;
  const tmdb = apiKey === undefined ? WITHOUT_KEY : createTmdb({ clock, env }, { settings, apiKey }).tmdb;
  const network = createNetwork(env);
  return { settings, lake, tmdb, datasetsUrl, userAgent: userAgent(), network, clock, random: Math.random };
}

/** Throws the error about the missing key only when a request needs the key. */
const WITHOUT_KEY: TmdbClient = {
  sent: { requests: 0, throttled: 0 },
  get: async () => {
    throw missingSetting('apiKey', 'config.ini');
  },
  scoped: () => WITHOUT_KEY,
};
