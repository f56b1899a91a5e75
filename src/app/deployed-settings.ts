import { resolveSetting } from '../config/resolve-settings.ts';
import { SETTINGS, type SettingName, type Settings } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import { quote } from '../text.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { FleetConnection } from './fleet-connection.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * Reads the environment of the deployed workers and checks that they write to the bucket in the settings. Messages do not
 * name a bucket, so the workers would download into another lake than the one that was planned for.
 * @returns `undefined` when the function does not exist.
 * @throws {UsageError} when the workers write to another bucket, {@link UserError} when AWS denies access or fails.
 */
export async function readMatchingEnvironment({
  workers,
  settings: { bucketName, lambdaName },
}: {
  readonly workers: Pick<FleetConnection['workers'], 'readEnvironment'>;
  readonly settings: Pick<FleetConnection['settings'], 'bucketName' | 'lambdaName'>;
}): Promise<Environment | undefined> {
  const environment = await workers.readEnvironment();
  const theirs = environment?.[WORKER_VARIABLES.bucketName];
  if (theirs === undefined || theirs === bucketName) return environment;
  const flag = `--${SETTINGS.bucketName.flag?.name}`;
  throw new UsageError(
    `The workers of ${quote(lambdaName)} write to the bucket ${quote(theirs)}, not to ${quote(bucketName)}: use ${flag} ${theirs}, or run "tdd deploy" to change the workers' bucket.`,
  );
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
    const theirs = show(resolveSetting(name, { env: environment }));
    return ours === theirs ? [] : `${SETTINGS[name].env} is ${theirs} on the workers and ${ours} here`;
  });
}

function show(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return text === '' ? 'nothing' : text;
}
