import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Identity, observeIdentity } from '../aws/clients.ts';
import { settingsEnvironment } from '../config/resolve-settings.ts';
import { SETTINGS } from '../config/settings.ts';
import type { DeploymentInput } from '../deploy/names.ts';
import { type Plan, planDeployment } from '../deploy/plan.ts';
import { buildZip, NOTICES_FILE } from '../deploy/zip.ts';
import { UsageError, UserError } from '../errors.ts';
import { HANDLER } from '../worker-contract.ts';
import type { CompleteSettings, Connection } from './connection.ts';

export { applyDeployment } from '../deploy/apply.ts';

/** A deployment plan and the AWS account it is for. */
export interface DeployPreview {
  readonly identity: Identity;
  /** For `applyDeployment`. It contains no secrets. */
  readonly plan: Plan;
}

/**
 * Reads what exists on AWS and plans what `tdd deploy` would do. It cannot change anything.
 * @param options.identity the caller's identity in AWS; read from STS if absent.
 * @param options.adopt whether the plan may overwrite resources that tdd did not create; each then has `overwrites`.
 * @throws {UsageError} for a setting that AWS would reject, or a resource of another owner.
 * @throws {UserError} when there are no valid AWS credentials, the worker is not built, or something prevents the deployment.
 */
export async function planDeploy(
  connection: Pick<Connection, 'clients' | 'profile' | 'clock' | 'settings'>,
  options: { readonly signal?: AbortSignal; readonly identity?: Identity; readonly adopt?: boolean } = {},
): Promise<DeployPreview> {
  checkSettings(connection.settings);
  const identity = options.identity ?? (await observeIdentity(connection));
  const wanted = await describeDeployment(connection.settings, identity);
  options.signal?.throwIfAborted();
  return { identity, plan: await planDeployment(connection, wanted, options) };
}

/** Applies the rules of config.ini to settings that a script has created itself. */
function checkSettings(settings: CompleteSettings): void {
  for (const name of DEPLOYED_SETTINGS) SETTINGS[name].parse(String(settings[name]));
  const { roleArn, roleBoundary } = settings;
  if (roleArn !== undefined) SETTINGS.roleArn.parse(roleArn);
  if (roleBoundary !== undefined) SETTINGS.roleBoundary.parse(roleBoundary);
  if (roleArn === undefined || roleBoundary === undefined) return;
  throw new UsageError(
    '--role-boundary (ROLE_BOUNDARY) cannot be used with --role-arn (ROLE_ARN), because tdd never changes that role: remove one of the two.',
  );
}

const DEPLOYED_SETTINGS = [
  'lambdaName',
  'queueName',
  'bucketName',
  'workers',
  'memorySize',
  'tmdbBaseUrl',
] as const;

/** The input of a deployment plan. */
interface WantedDeployment {
  /** Never print it: the worker's environment contains the TMDB API key. */
  readonly input: DeploymentInput;
  /** The worker's code. */
  readonly zip: Uint8Array;
}

/**
 * Derives the desired state on AWS from the settings, for `planDeployment`.
 * @throws {UserError} when the worker is not built.
 */
async function describeDeployment(
  settings: CompleteSettings,
  { region, accountId }: Pick<Identity, 'region' | 'accountId'>,
): Promise<WantedDeployment> {
  const { lambdaName, queueName, bucketName, workers, memorySize: memorySizeMb, tmdbBaseUrl } = settings;
  const { roleArn, roleBoundary } = settings;
  return {
    input: {
      ...{
        lambdaName,
        queueName,
        bucketName,
        workers,
        memorySizeMb,
        region,
        accountId,
        roleArn,
        roleBoundary,
      },
      ...(tmdbBaseUrl !== SETTINGS.tmdbBaseUrl.default && { otherTmdbUrl: tmdbBaseUrl }),
      environment: settingsEnvironment(settings),
    },
    zip: await zipWorker(),
  };
}

let workerZip: Promise<Buffer> | undefined;

/**
 * Builds the worker's zip, once per process, because compressing it takes most of a plan's computing time.
 * @throws {UserError} when the worker is not built.
 */
function zipWorker(): Promise<Buffer> {
  workerZip ??= readWorker().then(buildZip);
  workerZip.catch(() => {
    workerZip = undefined;
  });
  return workerZip;
}

/** Where the build puts the worker, relative to the built program and to the sources. */
const WORKER_FOLDERS = ['../worker/', '../../dist/worker/'];

/**
 * Reads the built worker: its code, a single ES module, and the licenses of the packages bundled in it.
 * @throws {UserError} when the worker is not built.
 */
async function readWorker(): Promise<{ readonly bundle: Buffer; readonly notices: Buffer }> {
  const folder = WORKER_FOLDERS.map((path) => new URL(path, import.meta.url)).find((url) =>
    existsSync(new URL(NOTICES_FILE, url)),
  );
  if (folder === undefined) {
    throw new UserError('The worker of this checkout is not built: run "npm run build" first.');
  }
  return {
    bundle: await readFile(new URL(HANDLER.file, folder)),
    notices: await readFile(new URL(NOTICES_FILE, folder)),
  };
}
