import type { Clock } from '../clock.ts';
import { toUserError, withClearErrors } from './clear-errors.ts';
import type { DeployClients } from './clients.ts';
import type { DeploymentInput } from './deployment-input.ts';
import type { ResourceKind } from './differences.ts';
import { type DeploymentNames, deploymentNames } from './names.ts';
import { type Observation, observe } from './observe.ts';
import { readingClients } from './reading-clients.ts';
import { refuseElsewhere } from './resources/bucket.ts';
import { abortableClock } from './wait.ts';

/** What becomes of a resource. `leave`: it is not ours; `keep`: it was not asked to go; `absent`: it is gone. */
type DestroyAction = 'delete' | 'keep' | 'leave' | 'absent';

export interface DoomedResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: DestroyAction;
  /** What somebody should know before agreeing: full sentences. */
  readonly notes: readonly string[];
}

/** What a destroy will do, in its order. */
export interface DestroyPlan {
  readonly resources: readonly DoomedResource[];
  readonly names: DeploymentNames;
  /** The ids of the function's event sources that go. */
  readonly eventSourceIds: readonly string[];
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
    return makeDestroyPlan(observed, names, input.deleteBucket);
  } catch (error) {
    throw toUserError(error);
  }
}

/** The plan that follows from what is there: a pure function. */
function makeDestroyPlan(observed: Observation, names: DeploymentNames, deleteBucket: boolean): DestroyPlan {
  const resources = ORDER.map((kind): DoomedResource => {
    const name = kind === 'eventSource' ? `${names.queue} → ${names.function}` : names[kind];
    const action = actionFor(kind, observed, deleteBucket);
    return { kind, name, action, notes: notesFor(kind, action, observed) };
  });
  const goes = resources.some(({ kind, action }) => kind === 'eventSource' && action === 'delete');
  const eventSourceIds = goes && observed.eventSource ? [observed.eventSource.id] : [];
  return { resources, names, eventSourceIds };
}

function actionFor(kind: ResourceKind, observed: Observation, deleteBucket: boolean): DestroyAction {
  if (kind === 'bucket' && !deleteBucket) return 'keep';
  const found = observed[kind];
  if (!found) return 'absent';
  return found.ours ? 'delete' : 'leave';
}

function notesFor(kind: ResourceKind, action: DestroyAction, observed: Observation): string[] {
  switch (action) {
    case 'leave':
      return ['It does not carry our tag: it was not made by tdd, and is left.'];
    case 'keep':
      return ['It is kept with all its data; --delete-bucket deletes it.'];
    case 'absent':
      return [];
    case 'delete':
      return notesForDeleted(kind, observed);
  }
}

function notesForDeleted(kind: ResourceKind, observed: Observation): string[] {
  if (kind === 'bucket') return ['All its data goes: movies, reviews, manifests and their earlier versions.'];
  if (kind === 'queue' || kind === 'deadLetterQueue') {
    const messages = observed[kind]?.messages ?? 0;
    return messages > 0 ? [`Messages in it (about ${messages}) are lost.`] : [];
  }
  return [];
}
