import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import { type DeploymentInput, type DeploymentNames, deploymentNames } from './names.ts';
import type { DeployDeps } from './plan.ts';
import type { DestroyContext, ObserveDeps, ObservedResource, OtherSource } from './resource.ts';
import { type AnyResource, observe, RESOURCES, type ResourceKind, resourceOf } from './resource-list.ts';
import { eventSource } from './resources/event-source.ts';
import { deadLetterQueue, queue } from './resources/queue.ts';
import { abortableClock } from './wait.ts';

/** What becomes of a resource. `leave`: it is not ours; `keep`: only asked for explicitly; `absent`: it is gone. */
type DestroyAction = 'delete' | 'keep' | 'leave' | 'absent';

/** A resource in the plan of a destroy. */
export interface PlannedDeletion {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: DestroyAction;
  /** What somebody should know before agreeing: full sentences. */
  readonly notes: readonly string[];
  /** Of an event source that exists. */
  readonly id?: string;
}

/** What a destroy will do, in its order. */
export interface DestroyPlan {
  readonly resources: readonly PlannedDeletion[];
}

export type DestroyInput = Pick<
  DeploymentInput,
  'lambdaName' | 'queueName' | 'bucketName' | 'region' | 'accountId'
> & {
  /** Delete the bucket and all its data, too. */
  readonly deleteBucket: boolean;
};

export interface DestroyOptions {
  readonly onStep?: ((resource: PlannedDeletion, state: 'started' | 'done') => void) | undefined;
  /** Objects of the bucket removed so far. */
  readonly onProgress?: ((removed: number) => void) | undefined;
  /** Ends between two steps; the next destroy continues. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what exists and says what will be deleted: what carries our tag. It cannot change anything.
 * @throws {UserError} when something may not be read, or the bucket is in another region.
 */
export async function planDestroy(
  { clients, clock }: DeployDeps,
  input: DestroyInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DestroyPlan> {
  const names = deploymentNames(input);
  const deps = {
    clients: readOnlyClients(withClearErrors(clients)),
    clock: abortableClock(clock, options.signal),
  };
  const isKept = ({ keptByDestroy }: AnyResource) => keptByDestroy !== undefined && !input.deleteBucket;
  try {
    const affected = RESOURCES.filter((resource) => !isKept(resource));
    const observed = await observe(deps, names, affected);
    const earlier = await Promise.all(
      observed.otherSources.filter(({ ours }) => ours).map((source) => planEarlierQueue(deps, input, source)),
    );
    const current = RESOURCES.toReversed().map((resource) =>
      isKept(resource) ? keep(resource, names) : planDeletion(resource, names, observed[resource.kind]),
    );
    return { resources: [...earlier.flat(), ...current] };
  } catch (error) {
    throw toUserError(error);
  }
}

/** What remains of a deployment with another queue. The event source goes last: a later run finds the queues by it. */
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
    ...(observed.ours
      ? { action: 'delete', notes: resource.destroyNotes?.(observed) ?? [] }
      : { action: 'leave', notes: [NOT_OURS] }),
    ...(id === undefined ? {} : { id }),
  };
}

const NOT_OURS = 'It does not carry our tag: it was not made by tdd, and is left.';

function keep(resource: AnyResource, names: DeploymentNames): PlannedDeletion {
  const { kind, keptByDestroy = '' } = resource;
  return { kind, name: resource.nameOf(names), action: 'keep', notes: [keptByDestroy] };
}

/**
 * Deletes what the plan says. What is gone already is fine.
 * @throws {UserError} with the permission that is missing; the signal's reason when aborted.
 */
export async function applyDestroy(
  { clients, clock }: DeployDeps,
  plan: DestroyPlan,
  { signal, onProgress, onStep }: DestroyOptions = {},
): Promise<void> {
  const context: DestroyContext = {
    clients: withClearErrors(clients),
    clock: abortableClock(clock, signal),
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
