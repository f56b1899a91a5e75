import type { Change } from './change.ts';
import type { DeploymentInput } from './deployment-input.ts';
import type { DeploymentNames } from './names.ts';
import { diffBucket } from './resources/bucket.ts';
import { diffEventSource } from './resources/event-source.ts';
import { diffFunction } from './resources/function.ts';
import type { Surroundings } from './resources/function-variables.ts';
import { diffLogGroup } from './resources/log-group.ts';
import { diffDeadLetterQueue, diffQueue } from './resources/queue.ts';
import { diffRole } from './resources/role.ts';
import type { Observation } from './resources.ts';

/** What somebody wants, with the code that the function shall have. */
export interface Desired {
  readonly input: DeploymentInput;
  readonly names: DeploymentNames;
  readonly zip: Uint8Array;
}

/** The resources of a deployment, in the order in which they are made. */
export const RESOURCES = [
  'bucket',
  'deadLetterQueue',
  'queue',
  'role',
  'logGroup',
  'function',
  'eventSource',
] as const;
export type ResourceKind = (typeof RESOURCES)[number];

/** What differs in each resource that is there; `undefined` for one that is not. */
export type Differences = Readonly<Record<ResourceKind, readonly Change[] | undefined>>;

/** Holds what is there against what is wanted. */
export function differences(observed: Observation, { input, names, zip }: Desired): Differences {
  const { bucket, queue, deadLetterQueue, role, logGroup, eventSource } = observed;
  return {
    bucket: bucket && diffBucket(bucket),
    deadLetterQueue: deadLetterQueue && diffDeadLetterQueue(deadLetterQueue, names),
    queue: queue && diffQueue(queue, names),
    role: role && diffRole(role, names),
    logGroup: logGroup && diffLogGroup(logGroup, names),
    function:
      observed.function &&
      diffFunction(observed.function, names, input, zip, surroundingsOf(observed, names)),
    eventSource: eventSource && diffEventSource(eventSource, names, input.workers),
  };
}

/** What the function needs to know of the other resources, as far as they are there. */
export function surroundingsOf(observed: Observation, names: DeploymentNames): Surroundings {
  return {
    roleArn: observed.role?.arn ?? names.roleArn,
    queueUrl: observed.queue?.url,
    deadLetterQueueUrl: observed.deadLetterQueue?.url,
    eventSourceId: observed.eventSource?.id,
  };
}
