import type { ReadingClients } from '../aws/calls.ts';
import type { Clock } from '../clock.ts';
import type { DeploymentNames } from './names.ts';
import { type ObservedBucket, observeBucket } from './resources/bucket.ts';
import {
  listOtherSources,
  type ObservedEventSource,
  type OtherSource,
  observeEventSource,
} from './resources/event-source.ts';
import { type ObservedFunction, observeFunction } from './resources/function.ts';
import { type ObservedLogGroup, observeLogGroup } from './resources/log-group.ts';
import { type ObservedQueue, observeQueue } from './resources/queue.ts';
import { type ObservedRole, observeRole } from './resources/role.ts';

/** All that is there in AWS under a deployment's names. */
export interface Observation {
  readonly bucket: ObservedBucket | undefined;
  readonly queue: ObservedQueue | undefined;
  readonly deadLetterQueue: ObservedQueue | undefined;
  readonly role: ObservedRole | undefined;
  readonly logGroup: ObservedLogGroup | undefined;
  readonly function: ObservedFunction | undefined;
  readonly eventSource: ObservedEventSource | undefined;
  /** Where else the function takes messages from. */
  readonly otherSources: readonly OtherSource[];
}

/**
 * Reads the cloud, and changes nothing.
 * @param options.lookAtBucket `false`: the bucket is nobody's business here, and told as absent.
 */
export async function observe(
  deps: { readonly clients: ReadingClients; readonly clock: Clock },
  names: DeploymentNames,
  { lookAtBucket = true }: { readonly lookAtBucket?: boolean } = {},
): Promise<Observation> {
  const { clients, clock } = deps;
  // The bucket alone first: its refusals are the likeliest, and should not come mixed with others.
  const bucket = lookAtBucket ? await observeBucket(clients, names) : undefined;
  const [queue, deadLetterQueue, role, logGroup, lambdaFunction, eventSource, otherSources] =
    await Promise.all([
      observeQueue(clients, names.queue, names),
      observeQueue(clients, names.deadLetterQueue, names),
      observeRole(clients, names),
      observeLogGroup(clients, names),
      observeFunction({ lambda: clients.lambda, clock }, names),
      observeEventSource({ lambda: clients.lambda, clock }, names),
      listOtherSources(clients, names),
    ]);
  return {
    bucket,
    queue,
    deadLetterQueue,
    role,
    logGroup,
    function: lambdaFunction,
    eventSource,
    otherSources,
  };
}
