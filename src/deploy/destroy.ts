import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import { withSettling } from './eventual-consistency.ts';
import { type DeploymentInput, type DeploymentNames, deploymentNames, STACK_TAG } from './names.ts';
import { describeOther, isOther, type Owner } from './ownership.ts';
import type { DeployDeps } from './plan.ts';
import type { DestroyContext, ObserveDeps, ObservedResource, OtherSource } from './resource.ts';
import {
  type AnyResource,
  type Observation,
  observe,
  RESOURCES,
  type ResourceKind,
  resourceOf,
} from './resource-list.ts';
import { eventSource } from './resources/event-source.ts';
import { deadLetterQueue, queue } from './resources/queue.ts';
import { abortableClock } from './wait.ts';

/**
 * What a destroy does to a resource. `leave`: it is untagged or belongs to another deployment; `keep`: it is only deleted on
 * explicit request; `absent`: it does not exist.
 */
type DestroyAction = 'delete' | 'keep' | 'leave' | 'absent';

/** A resource in a destroy plan. */
export interface PlannedDeletion {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: DestroyAction;
  /** What users should know before they confirm, in full sentences. */
  readonly notes: readonly string[];
  /** The ID of an existing event source. */
  readonly id?: string;
}

/** The planned deletions, in order. */
export interface DestroyPlan {
  readonly resources: readonly PlannedDeletion[];
}

export type DestroyInput = Pick<
  DeploymentInput,
  'lambdaName' | 'queueName' | 'bucketName' | 'region' | 'accountId' | 'roleArn'
> & {
  /** Also delete the bucket and all its data. */
  readonly deleteBucket: boolean;
};

export interface DestroyOptions {
  readonly onStep?: ((resource: PlannedDeletion, state: 'started' | 'done') => void) | undefined;
  /** Receives the number of objects that were deleted from the bucket so far. */
  readonly onProgress?: ((removed: number) => void) | undefined;
  /** Stops the destroy between two deletions, and aborts its waits. The next destroy continues. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the current state and plans the deletion of all resources that carry the deployment's tag. It cannot change
 * anything, because its clients are read-only.
 * @throws {UserError} when a permission to read is missing, or the bucket is in another region.
 */
export async function planDestroy(
  { clients, clock }: DeployDeps,
  input: DestroyInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DestroyPlan> {
  const names = deploymentNames({ ...input, roleArn: undefined });
  const deps = {
    clients: readOnlyClients(withClearErrors(clients)),
    clock: abortableClock(clock, options.signal),
  };
  const isKept = ({ keptByDestroy }: AnyResource) => keptByDestroy !== undefined && !input.deleteBucket;
  try {
    const affected = RESOURCES.filter((resource) => !isKept(resource));
    const observed = withExternalRole(await observe(deps, names, affected), input);
    const earlier = await Promise.all(
      observed.otherSources
        .filter(({ owner }) => owner === 'ours')
        .map((source) => planEarlierQueue(deps, input, source)),
    );
    const current = await Promise.all(
      RESOURCES.toReversed().map(async (resource) =>
        isKept(resource) && (await mayExist(deps, names, resource))
          ? keep(resource, names)
          : planDeletion(resource, names, observed[resource.kind]),
      ),
    );
    return { resources: [...earlier.flat(), ...current] };
  } catch (error) {
    throw toUserError(error);
  }
}

/** An earlier deploy may have created, and tagged, a role that is managed elsewhere now. */
function withExternalRole(observed: Observation, { roleArn }: DestroyInput): Observation {
  const { role } = observed;
  return role === undefined || role.arn !== roleArn
    ? observed
    : { ...observed, role: { ...role, owner: 'external' } };
}

/**
 * Plans the deletion of what an earlier deployment with another queue left behind. Its event source is deleted last,
 * because a destroy that resumes after an interruption uses it to find the queues.
 */
async function planEarlierQueue(
  deps: ObserveDeps,
  input: DestroyInput,
  source: OtherSource,
): Promise<PlannedDeletion[]> {
  const names = deploymentNames({ ...input, queueName: source.sourceArn.split(':').at(-1) ?? '' });
  const queues = await Promise.all(
    [queue, deadLetterQueue].map(async (resource: AnyResource) =>
      planDeletion(resource, names, await resource.observe(deps, names)),
    ),
  );
  return [
    ...queues.filter(({ action }) => action !== 'absent'),
    { kind: eventSource.kind, name: eventSource.nameOf(names), action: 'delete', notes: [], id: source.id },
  ];
}

function planDeletion(
  resource: AnyResource,
  names: DeploymentNames,
  observed: ObservedResource | undefined,
): PlannedDeletion {
  const described = { kind: resource.kind, name: resource.nameOf(names) };
  if (!observed) return { ...described, action: 'absent', notes: [] };
  const id = resource.idOf?.(observed);
  return {
    ...described,
    ...(observed.owner === 'ours'
      ? { action: 'delete', notes: resource.destroyNotes?.(observed) ?? [] }
      : { action: 'leave', notes: [whyLeft(observed.owner)] }),
    ...(id === undefined ? {} : { id }),
  };
}

function whyLeft(owner: Owner): string {
  if (owner === 'external') return 'It is managed elsewhere (ROLE_ARN), so it is not deleted.';
  if (isOther(owner)) return `It belongs to ${describeOther(owner)}, so it is not deleted.`;
  return `It does not have the tag "${STACK_TAG}", so it is not deleted.`;
}

/** Whether a kept resource exists or cannot be read: keeping it needs no permission to read it. */
async function mayExist(deps: ObserveDeps, names: DeploymentNames, resource: AnyResource): Promise<boolean> {
  return resource.observe(deps, names).then(
    (observed) => observed !== undefined,
    () => true,
  );
}

function keep(resource: AnyResource, names: DeploymentNames): PlannedDeletion {
  const { kind, keptByDestroy = '' } = resource;
  return { kind, name: resource.nameOf(names), action: 'keep', notes: [keptByDestroy] };
}

/**
 * Applies a plan. Idempotent: resources that no longer exist are skipped.
 * @throws {UserError} naming the missing permission; the signal's reason when aborted.
 */
export async function applyDestroy(
  { clients, clock }: DeployDeps,
  plan: DestroyPlan,
  { signal, onProgress, onStep }: DestroyOptions = {},
): Promise<void> {
  const waiter = { clock: abortableClock(clock, signal) };
  const context: DestroyContext = {
    clients: withClearErrors(withSettling(clients, waiter)),
    ...waiter,
    signal,
    onProgress,
  };
  for (const planned of plan.resources) {
    if (planned.action !== 'delete') continue;
    signal?.throwIfAborted();
    onStep?.(planned, 'started');
    try {
      await resourceOf(planned.kind).destroy(context, planned);
    } catch (error) {
      throw toUserError(error);
    }
    onStep?.(planned, 'done');
  }
}
