import { findSetting, resolveSetting } from '../config/resolve-settings.ts';
import { SETTINGS, type SettingName, type Settings } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import { describeOtherSource, type LakeSource, lakeSource, readSource } from '../lake/source.ts';
import { quote } from '../text.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { FleetConnection } from './fleet-connection.ts';

interface WorkersOfLake {
  readonly workers: Pick<FleetConnection['workers'], 'readEnvironment'>;
  readonly lake: FleetConnection['lake'];
  readonly settings: Pick<
    FleetConnection['settings'],
    'bucketName' | 'lambdaName' | 'tmdbBaseUrl' | 'imdbDatasetsUrl'
  >;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Reads the environment of the deployed workers and checks that they write to the bucket in the settings, from the source
 * of its data. Messages do not name a bucket, so the workers would download into another lake than the one that was
 * planned for.
 * @returns `undefined` when the function does not exist.
 * @throws {UsageError} when the workers write to another bucket, or have another source, {@link UserError} when AWS denies access or fails.
 */
export async function readMatchingEnvironment({
  workers,
  lake,
  settings,
}: WorkersOfLake): Promise<Environment | undefined> {
  const { bucketName, lambdaName } = settings;
  const environment = await workers.readEnvironment();
  const theirs = environment?.[WORKER_VARIABLES.bucketName];
  if (theirs === undefined || theirs === bucketName) {
    await requireSourceOfWorkers({ lake, settings }, environment);
    return environment;
  }
  const flag = `--${SETTINGS.bucketName.flag?.name}`;
  throw new UsageError(
    `The workers of ${quote(lambdaName)} write to the bucket ${quote(theirs)}, not to ${quote(bucketName)}: use ${flag} ${theirs}, or run "tdd deploy" to change the workers' bucket.`,
  );
}

/**
 * Checks that the deployed workers would be allowed to write to the lake: that they have the source of its data.
 * @throws {UsageError} when they have another one.
 */
export async function requireSourceOfWorkers(
  { lake, settings }: Pick<WorkersOfLake, 'lake' | 'settings'>,
  environment: Environment | undefined,
): Promise<void> {
  const source = await readSource({ lake });
  const difference = source && findOtherSource(source, environment);
  if (difference === undefined) return;
  throw new UsageError(
    `The workers of ${quote(settings.lambdaName)} have another source than the lake ${lake.url} (${difference}): use another lake, or set the lake's addresses and run "tdd deploy".`,
  );
}

/** Describes how the workers' source differs from that of the lake; `undefined` if it does not, or without workers. */
export function findOtherSource(
  source: Partial<LakeSource>,
  environment: Environment | undefined,
): string | undefined {
  if (environment === undefined) return undefined;
  const ofWorkers = lakeSource({
    tmdbBaseUrl: textOf('tmdbBaseUrl', environment),
    imdbDatasetsUrl: textOf('imdbDatasetsUrl', environment),
  });
  return describeOtherSource(source, ofWorkers, { theirs: 'in the lake', ours: 'on the workers' });
}

/** The text of a setting on the workers. An earlier version may have deployed a value that this one rejects. */
function textOf(name: 'tmdbBaseUrl' | 'imdbDatasetsUrl', env: Environment): string {
  return findSetting(name, { env })?.text.trim() ?? SETTINGS[name].default ?? '';
}

/** Settings that affect a launch. Messages do not contain them: each worker reads them from its own environment. */
const SHARED_SETTINGS = [
  'lookup',
  'language',
  'reviewLanguage',
  'append',
  'titleTypes',
  'requestsPerSecond',
  'workers',
  'tmdbBaseUrl',
  'imdbDatasetsUrl',
] as const satisfies readonly SettingName[];

/** Describes the settings that differ from the environment of the deployed workers. */
export function differingSettings(settings: Settings, environment: Environment): string[] {
  return SHARED_SETTINGS.flatMap((name) => {
    const ours = show(settings[name]);
    const theirs = describeTheirs(name, environment);
    return ours === theirs ? [] : `${SETTINGS[name].env} is ${theirs} on the workers and ${ours} here`;
  });
}

function describeTheirs(name: SettingName, env: Environment): string {
  try {
    return show(resolveSetting(name, { env }));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return 'invalid';
  }
}

function show(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return text === '' ? 'nothing' : text;
}
