import { type ReadingClients, readingClients, toUserError, withClearErrors } from '../aws/calls.ts';
import type { DeployClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import type { DeploymentInput } from './deployment-input.ts';
import type { ResourceKind } from './differences.ts';
import { type DeploymentNames, deploymentNames } from './names.ts';
import { refuseElsewhere } from './resources/bucket.ts';
import type { OtherSource } from './resources/event-source.ts';
import { type ObservedQueue, observeQueue } from './resources/queue.ts';
import { type Observation, observe } from './resources.ts';
import { abortableClock } from './wait.ts';

/** What becomes of a resource. `leave`: it is not ours; `keep`: it was not asked to go; `absent`: it is gone. */
type DestroyAction = 'delete' | 'keep' | 'leave' | 'absent';

export interface DoomedResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: DestroyAction;
  /** Of an event source that goes. */
  readonly id?: string;
  /** What somebody should know before agreeing: full sentences. */
  readonly notes: readonly string[];
}

/** What a destroy will do, in its order. */
export interface DestroyPlan {
  readonly resources: readonly DoomedResource[];
  readonly names: DeploymentNames;
}

export type DestroyInput = Pick<
  DeploymentInput,
  'lambdaName' | 'queueName' | 'bucketName' | 'region' | 'accountId'
> & {
  /** The bucket and all its data go, too. */
  readonly deleteBucket: boolean;
};

/** Takers before what they take from, and what they run as: nothing is used by anything when it goes. */
const ORDER: readonly ResourceKind[] = [
  'eventSource',
  'function',
  'logGroup',
  'role',
  'queue',
  'deadLetterQueue',
  'bucket',
];

/**
 * Looks at what is there and says what will go: that of our tag. It cannot change anything.
 * @throws {UserError} when something cannot be looked at, as a bucket of another region.
 */
export async function planDestroy(
  deps: { readonly clients: DeployClients; readonly clock: Clock },
  input: DestroyInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DestroyPlan> {
  const names = deploymentNames(input);
  const clients = readingClients(withClearErrors(deps.clients));
  try {
    const observed = await observe({ clients, clock: abortableClock(deps.clock, options.signal) }, names, {
      lookAtBucket: input.deleteBucket,
    });
    refuseElsewhere(observed.bucket, names);
    const earlier = await observeEarlierQueues(clients, observed, input);
    return makeDestroyPlan(observed, earlier, names, input.deleteBucket);
  } catch (error) {
    throw toUserError(error);
  }
}

/** What is left of a deployment with another queue: an event source of ours, and the queues behind it. */
interface EarlierQueue {
  readonly source: OtherSource;
  readonly names: DeploymentNames;
  readonly queue: ObservedQueue | undefined;
  readonly deadLetterQueue: ObservedQueue | undefined;
}

async function observeEarlierQueues(
  clients: ReadingClients,
  { otherSources }: Observation,
  input: DestroyInput,
): Promise<EarlierQueue[]> {
  return Promise.all(
    otherSources
      .filter(({ ours }) => ours)
      .map(async (source) => {
        const names = deploymentNames({ ...input, queueName: source.sourceArn.split(':').at(-1) ?? '' });
        const queue = await observeQueue(clients, names.queue, names);
        return {
          source,
          names,
          queue,
          deadLetterQueue: await observeQueue(clients, names.deadLetterQueue, names),
        };
      }),
  );
}

/** The plan that follows from what is there: a pure function. */
function makeDestroyPlan(
  observed: Observation,
  earlier: readonly EarlierQueue[],
  names: DeploymentNames,
  deleteBucket: boolean,
): DestroyPlan {
  const resources = ORDER.map((kind): DoomedResource => {
    const action = actionFor(kind, observed, deleteBucket);
    const id = kind === 'eventSource' ? observed.eventSource?.id : undefined;
    return { ...doomed(kind, names, action, observed), ...(id === undefined ? {} : { id }) };
  });
  return { resources: [...earlier.flatMap(doomedEarlier), ...resources], names };
}

/** The event source goes last: by it the queues are found, should this be cut off. */
function doomedEarlier(found: EarlierQueue): DoomedResource[] {
  const queues = (['queue', 'deadLetterQueue'] as const).flatMap((kind) => {
    const queue = found[kind];
    return queue ? [doomed(kind, found.names, queue.ours ? 'delete' : 'leave', found)] : [];
  });
  return [...queues, { ...doomed('eventSource', found.names, 'delete', found), id: found.source.id }];
}

type Queues = Pick<Observation, 'queue' | 'deadLetterQueue'>;

function doomed(
  kind: ResourceKind,
  names: DeploymentNames,
  action: DestroyAction,
  observed: Queues,
): DoomedResource {
  const name = kind === 'eventSource' ? `${names.queue} → ${names.function}` : names[kind];
  return { kind, name, action, notes: notesFor(kind, action, observed) };
}

function actionFor(kind: ResourceKind, observed: Observation, deleteBucket: boolean): DestroyAction {
  if (kind === 'bucket' && !deleteBucket) return 'keep';
  const found = observed[kind];
  if (!found) return 'absent';
  return found.ours ? 'delete' : 'leave';
}

function notesFor(kind: ResourceKind, action: DestroyAction, observed: Queues): string[] {
  switch (action) {
    case 'leave':
      return ['It does not carry our tag: it was not made by tdd, and is left.'];
    case 'keep':
      return ['It is not touched; --delete-bucket deletes it with all its data.'];
    case 'absent':
      return [];
    case 'delete':
      return notesForDeleted(kind, observed);
  }
}

function notesForDeleted(kind: ResourceKind, observed: Queues): string[] {
  if (kind === 'bucket') return ['All its data goes: movies, reviews, manifests and their earlier versions.'];
  if (kind === 'queue' || kind === 'deadLetterQueue') {
    const messages = observed[kind]?.messages ?? 0;
    return messages > 0 ? [`Messages in it (about ${messages}) are lost.`] : [];
  }
  return [];
}
