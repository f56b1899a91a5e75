import { type Identity, observeIdentity } from '../aws/clients.ts';
import type { Settings } from '../config/settings.ts';
import {
  applyDestroy,
  type DestroyOptions,
  type DestroyPlan,
  planDestroy as planDeletions,
} from '../deploy/destroy.ts';
import { UsageError } from '../errors.ts';
import { quote } from '../text.ts';
import type { Connection } from './connection.ts';

/** A destroy plan and the AWS account it is for. */
export interface DestroyPreview {
  readonly identity: Identity;
  /** For {@link destroy}. */
  readonly plan: DestroyPlan;
}

/**
 * Reads what exists on AWS and plans what `tdd destroy` would delete. It cannot change anything.
 * @param options.deleteBucket also delete the bucket with all its data.
 * @param options.onIdentity called with the caller's identity in AWS, before any other call.
 * @throws {UserError} when there are no valid AWS credentials, or AWS does not allow reading a resource.
 */
export async function planDestroy(
  connection: Pick<Connection, 'clients' | 'profile' | 'clock'> & {
    readonly settings: Pick<Settings, 'lambdaName' | 'queueName' | 'bucketName' | 'roleArn'>;
  },
  options: {
    readonly deleteBucket?: boolean;
    readonly signal?: AbortSignal;
    readonly onIdentity?: (identity: Identity) => void;
  } = {},
): Promise<DestroyPreview> {
  const { deleteBucket = false, signal, onIdentity } = options;
  const identity = await observeIdentity(connection);
  onIdentity?.(identity);
  signal?.throwIfAborted();
  const { lambdaName, queueName, bucketName = '', roleArn } = connection.settings;
  const { region, accountId } = identity;
  const input = { lambdaName, queueName, bucketName, region, accountId, roleArn, deleteBucket };
  return { identity, plan: await planDeletions(connection, input, { signal }) };
}

/** The names that confirm a destroy; `tdd destroy` asks the user to type them. */
export interface DestroyConfirmation {
  /** The name of the Lambda function. */
  readonly functionName: string;
  /** The name of the bucket; required when the plan deletes it with all its data. */
  readonly bucketName?: string | undefined;
}

/**
 * Deletes what a plan of {@link planDestroy} marks with `delete`. Resources that are already gone are skipped, so an
 * interrupted destroy can be run again.
 * @throws {UsageError} before anything is deleted, when a name in `confirmation` differs from the plan's.
 * @throws {UserError} with the missing permission; the signal's reason when it is aborted.
 *
 * @example
 * const { plan } = await planDestroy(connection);
 * await destroy(connection, plan, { functionName: 'tmdb-downloader-lambda' });
 */
export async function destroy(
  connection: Pick<Connection, 'clients' | 'clock'>,
  plan: DestroyPlan,
  confirmation: DestroyConfirmation,
  options: DestroyOptions = {},
): Promise<void> {
  const planned = (wanted: string) => plan.resources.find(({ kind }) => kind === wanted);
  const { functionName, bucketName } = confirmation;
  if (functionName !== planned('function')?.name)
    throw notConfirmed('function', planned('function')?.name, functionName);
  const bucket = planned('bucket');
  if (bucket?.action === 'delete' && bucketName !== bucket.name) {
    throw notConfirmed('bucket', bucket.name, bucketName);
  }
  await applyDestroy(connection, plan, options);
}

function notConfirmed(
  what: 'function' | 'bucket',
  name: string | undefined,
  given: string | undefined,
): UsageError {
  const got = given === undefined ? 'no name' : quote(given);
  return new UsageError(
    `Nothing was deleted: ${what}Name must be the name of the ${what} to delete, ${quote(name)} (got ${got}).`,
  );
}
