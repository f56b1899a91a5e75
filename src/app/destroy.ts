import { type Identity, observeIdentity } from '../aws/clients.ts';
import type { Settings } from '../config/settings.ts';
import { type DestroyPlan, planDestroy } from '../deploy/destroy.ts';
import type { Connection } from './connection.ts';

export { applyDestroy } from '../deploy/destroy.ts';

/** What a destroy would delete, and in whose account. */
export interface DestroyPreview {
  readonly identity: Identity;
  /** For `applyDestroy`. */
  readonly plan: DestroyPlan;
}

/**
 * Reads what is on AWS and plans what `tdd destroy` would delete there; it cannot change anything.
 * @param options.deleteBucket delete the bucket and all its data, too.
 * @param options.onIdentity called with the caller's identity in AWS, before any other call.
 * @throws {UserError} when there are no valid AWS credentials, or AWS refuses to describe a resource.
 */
export async function previewDestroy(
  connection: Pick<Connection, 'clients' | 'profile' | 'clock'> & {
    readonly settings: Pick<Settings, 'lambdaName' | 'queueName' | 'bucketName'>;
  },
  options: {
    readonly deleteBucket: boolean;
    readonly signal?: AbortSignal;
    readonly onIdentity?: (identity: Identity) => void;
  },
): Promise<DestroyPreview> {
  const { deleteBucket, signal, onIdentity } = options;
  const identity = await observeIdentity(connection);
  onIdentity?.(identity);
  signal?.throwIfAborted();
  const { lambdaName, queueName, bucketName = '' } = connection.settings;
  const { region, accountId } = identity;
  const input = { lambdaName, queueName, bucketName, region, accountId, deleteBucket };
  return { identity, plan: await planDestroy(connection, input, { signal }) };
}
