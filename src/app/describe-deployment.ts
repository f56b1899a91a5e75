import type { Identity } from '../aws/identity.ts';
import { settingsEnvironment } from '../config/resolve-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { DeploymentInput } from '../deploy/deployment-input.ts';
import { buildZip } from '../deploy/package.ts';
import { readWorkerBundle } from './worker-bundle.ts';

/** What a deployment is planned from. */
export interface WantedDeployment {
  /** The TMDB API key is in its environment: not to be shown. */
  readonly input: DeploymentInput;
  /** The worker's code. */
  readonly zip: Uint8Array;
}

/**
 * Says what somebody's settings want on AWS, for `planDeployment`.
 * @throws {UserError} when the worker was not built.
 */
export async function describeDeployment(
  settings: Settings & { readonly bucketName: string; readonly apiKey: string },
  { region, accountId }: Pick<Identity, 'region' | 'accountId'>,
): Promise<WantedDeployment> {
  const { lambdaName, queueName, bucketName, workers, memorySize: memorySizeMb } = settings;
  return {
    input: {
      ...{ lambdaName, queueName, bucketName, workers, memorySizeMb, region, accountId },
      environment: settingsEnvironment(settings),
    },
    zip: await buildZip({ bundle: await readWorkerBundle() }),
  };
}
