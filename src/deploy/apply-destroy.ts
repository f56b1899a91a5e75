import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { DeleteEventSourceMappingCommand, DeleteFunctionCommand } from '@aws-sdk/client-lambda';
import { toUserError, withClearErrors } from '../aws/calls.ts';
import { isServiceError, orAbsent } from '../aws/errors.ts';
import type { DestroyPlan, DoomedResource } from './destroy.ts';
import type { ResourceKind } from './differences.ts';
import type { DeployDeps } from './plan.ts';
import { deleteBucketWithData } from './resources/empty-bucket.ts';
import { waitUntilSettled } from './resources/event-source.ts';
import { deleteQueue } from './resources/queue.ts';
import { deleteInlinePolicy, detachManagedPolicy } from './resources/role.ts';
import { abortableClock, retryWhile } from './wait.ts';

export interface DestroyOptions {
  readonly onStep?: ((resource: DoomedResource, state: 'started' | 'done') => void) | undefined;
  /** Objects of the bucket removed so far. */
  readonly onProgress?: ((removed: number) => void) | undefined;
  /** Ends between two steps; the next destroy goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deletes what the plan says. What is gone already is fine.
 * @throws {UserError} with the permission that is missing; the signal's reason when aborted.
 */
export async function applyDestroy(
  deps: DeployDeps,
  plan: DestroyPlan,
  options: DestroyOptions = {},
): Promise<void> {
  const clear = { clients: withClearErrors(deps.clients), clock: abortableClock(deps.clock, options.signal) };
  for (const resource of plan.resources) {
    if (resource.action !== 'delete') continue;
    options.signal?.throwIfAborted();
    options.onStep?.(resource, 'started');
    try {
      await DELETE[resource.kind](clear, plan, resource, options);
    } catch (error) {
      throw toUserError(error);
    }
    options.onStep?.(resource, 'done');
  }
}

type Delete = (
  deps: DeployDeps,
  plan: DestroyPlan,
  resource: DoomedResource,
  options: DestroyOptions,
) => Promise<void>;

const DELETE: Readonly<Record<ResourceKind, Delete>> = {
  async eventSource({ clients: { lambda }, clock }, _plan, { id: UUID }) {
    if (UUID === undefined) return;
    await retryWhile(
      { clock, timeoutMs: 120_000 },
      (error) => isServiceError(error, 'ResourceInUseException', 'ResourceConflictException'),
      () => orAbsent(lambda.send(new DeleteEventSourceMappingCommand({ UUID })), 'ResourceNotFoundException'),
    );
    // Until it is gone Lambda still polls, with the role that goes next.
    await waitUntilSettled({ lambda, clock }, UUID);
  },
  async function({ clients: { lambda }, clock }, { names }) {
    await retryWhile(
      { clock, timeoutMs: 120_000 },
      (error) => isServiceError(error, 'ResourceConflictException'),
      () =>
        orAbsent(
          lambda.send(new DeleteFunctionCommand({ FunctionName: names.function })),
          'ResourceNotFoundException',
        ),
    );
  },
  async logGroup({ clients: { logs } }, { names }) {
    const command = new DeleteLogGroupCommand({ logGroupName: names.logGroup });
    await orAbsent(logs.send(command), 'ResourceNotFoundException');
  },
  async role({ clients, clients: { iam } }, { names }) {
    const RoleName = names.role;
    const absent = 'NoSuchEntityException';
    // IAM deletes a role only when nothing is attached to it.
    const attached = await orAbsent(iam.send(new ListAttachedRolePoliciesCommand({ RoleName })), absent);
    for (const { PolicyArn } of attached?.AttachedPolicies ?? []) {
      if (PolicyArn !== undefined) await detachManagedPolicy(clients, RoleName, PolicyArn);
    }
    const inline = await orAbsent(iam.send(new ListRolePoliciesCommand({ RoleName })), absent);
    for (const name of inline?.PolicyNames ?? []) await deleteInlinePolicy(clients, RoleName, name);
    await orAbsent(iam.send(new DeleteRoleCommand({ RoleName })), absent);
  },
  queue: ({ clients: { sqs }, clock }, _plan, { name }) => deleteQueue({ sqs, clock }, name),
  deadLetterQueue: ({ clients: { sqs }, clock }, _plan, { name }) => deleteQueue({ sqs, clock }, name),
  bucket: ({ clients, clock }, { names }, _resource, { onProgress, signal }) =>
    deleteBucketWithData({ s3: clients.s3, clock }, names.bucket, { onProgress, signal }),
};
