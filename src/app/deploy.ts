import { type Identity, observeIdentity } from '../aws/identity.ts';
import { type Plan, planDeployment } from '../deploy/plan.ts';
import type { Connection } from './connection.ts';
import { describeDeployment } from './describe-deployment.ts';

/** What a deploy would do, and in whose account. */
export interface DeployPreview {
  readonly identity: Identity;
  /** For `applyDeployment`. It holds no secret. */
  readonly plan: Plan;
}

/**
 * Looks at AWS and says what `tdd deploy` would do there; it cannot change anything.
 * @throws {UserError} when AWS takes no credentials, the worker was not built, or something stands in the way.
 */
export async function planDeploy(
  connection: Connection,
  options: { readonly signal?: AbortSignal } = {},
): Promise<DeployPreview> {
  const identity = await observeIdentity(connection);
  const wanted = await describeDeployment(connection.settings, identity);
  return { identity, plan: await planDeployment(connection, wanted, options) };
}
