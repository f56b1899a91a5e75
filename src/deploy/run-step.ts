import type { DeployClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../worker-contract.ts';
import type { Desired } from './differences.ts';
import type { Step } from './order-steps.ts';
import { abortUnfinishedUploads, blockPublicAccess, createBucket } from './resources/bucket.ts';
import { createEventSource, tagEventSource, updateEventSource } from './resources/event-source.ts';
import { createFunction, tagFunction, updateCode, updateConfiguration } from './resources/function.ts';
import type { Surroundings } from './resources/function-variables.ts';
import { createLogGroup, setRetention, tagLogGroup } from './resources/log-group.ts';
import {
  createQueue,
  deadLetterQueueAttributes,
  queueAttributes,
  setQueueAttributes,
  tagQueue,
} from './resources/queue.ts';
import { allowRecursion } from './resources/recursion.ts';
import { markEventSource, unmarkEventSource } from './resources/resume-mark.ts';
import {
  createRole,
  deleteInlinePolicy,
  detachManagedPolicy,
  putInlinePolicy,
  putTrustPolicy,
  tagRole,
} from './resources/role.ts';
import type { Observation } from './resources.ts';
import { waitForWorkers } from './wait-for-workers.ts';

/** What steps share, and what they learn from each other. */
export interface StepContext {
  readonly clients: DeployClients;
  readonly clock: Clock;
  readonly desired: Desired;
  readonly observed: Observation;
  /** Grows as resources are made. */
  known: Surroundings;
  /** When the role's permissions were last changed, as far as we know (milliseconds since the epoch). */
  policyChangedAt: number | undefined;
  /** When this run has disabled the event source: no worker begins after it. */
  quietSince?: number;
}

/**
 * Does one step.
 * @param onWait told once, when AWS is not ready yet.
 */
export async function runStep(context: StepContext, step: Step, onWait: () => void): Promise<void> {
  switch (step.resource) {
    case 'bucket':
      return runBucketStep(context, step, onWait);
    case 'queue':
    case 'deadLetterQueue':
      return runQueueStep(context, step.resource, step, onWait);
    case 'role':
      return runRoleStep(context, step);
    case 'logGroup':
      return runLogGroupStep(context, step);
    case 'function':
      return runFunctionStep(context, step, onWait);
    case 'eventSource':
      return runEventSourceStep(context, step, onWait);
  }
}

async function runBucketStep(context: StepContext, { action }: Step, onWait: () => void): Promise<void> {
  const { clients, clock, observed } = context;
  const { names, input } = context.desired;
  switch (action) {
    case 'create':
      return createBucket({ s3: clients.s3, clock }, names, input.region, onWait);
    case 'block public access':
      return blockPublicAccess(clients, names);
    case 'abort unfinished uploads':
      return abortUnfinishedUploads(clients, names, observed.bucket?.otherRules ?? []);
    default:
      throw unknownAction('bucket', action);
  }
}

async function runQueueStep(
  context: StepContext,
  kind: 'queue' | 'deadLetterQueue',
  { action }: Step,
  onWait: () => void,
): Promise<void> {
  const { clients, clock } = context;
  const { names } = context.desired;
  const attributes = kind === 'queue' ? queueAttributes(names) : deadLetterQueueAttributes();
  const urlProperty = kind === 'queue' ? 'queueUrl' : 'deadLetterQueueUrl';
  if (action === 'create') {
    const url = await createQueue({ sqs: clients.sqs, clock }, names[kind], attributes, names, onWait);
    context.known = { ...context.known, [urlProperty]: url };
    return;
  }
  const url = context.known[urlProperty] ?? '';
  if (action === 'tag') return tagQueue(clients, url, names);
  if (action === 'set attributes')
    return setQueueAttributes({ sqs: clients.sqs, clock }, url, attributes, onWait);
  throw unknownAction(kind, action);
}

async function runRoleStep(context: StepContext, { action }: Step): Promise<void> {
  const { clients, clock, observed } = context;
  const { names } = context.desired;
  switch (action) {
    case 'create':
      context.known = { ...context.known, roleArn: await createRole(clients, names) };
      break;
    case 'tag':
      return tagRole(clients, names);
    case 'set trust policy':
      await putTrustPolicy(clients, names);
      break;
    case 'set permissions':
      await putInlinePolicy(clients, names);
      break;
    case 'remove other permissions':
      for (const arn of observed.role?.managedPolicies ?? [])
        await detachManagedPolicy(clients, names.role, arn);
      for (const name of observed.role?.otherInlinePolicies ?? []) {
        await deleteInlinePolicy(clients, names.role, name);
      }
      return;
    default:
      throw unknownAction('role', action);
  }
  context.policyChangedAt = clock.now();
}

async function runLogGroupStep(
  { clients, desired: { names } }: StepContext,
  { action }: Step,
): Promise<void> {
  switch (action) {
    case 'create':
      return createLogGroup(clients, names);
    case 'tag':
      return tagLogGroup(clients, names);
    case 'set retention':
      return setRetention(clients, names);
    default:
      throw unknownAction('logGroup', action);
  }
}

async function runFunctionStep(context: StepContext, { action }: Step, onWait: () => void): Promise<void> {
  const { clients, clock, known } = context;
  const { names, input, zip } = context.desired;
  const deps = { lambda: clients.lambda, clock };
  switch (action) {
    case 'create':
      return createFunction(deps, names, input, zip, known, onWait);
    case 'set configuration':
    case 'set event source id':
      return updateConfiguration(deps, names, input, known, onWait);
    case 'set code':
      return updateCode(deps, names, zip, onWait);
    case 'tag':
      return tagFunction(clients, names);
    case 'allow recursion':
      return allowRecursion(clients, names);
    case 'remember that the event source was enabled':
      return markEventSource(clients, names);
    case 'forget that the event source was enabled':
      return unmarkEventSource(clients, names);
    default:
      throw unknownAction('function', action);
  }
}

async function runEventSourceStep(context: StepContext, { action }: Step, onWait: () => void): Promise<void> {
  const { clients, clock, observed, policyChangedAt } = context;
  const { names, input } = context.desired;
  const deps = { lambda: clients.lambda, clock };
  const { workers } = input;
  if (action === 'create') {
    const eventSourceId = await createEventSource(deps, names, { workers, policyChangedAt }, onWait);
    context.known = { ...context.known, eventSourceId };
    return;
  }
  const id = context.known.eventSourceId ?? '';
  switch (action) {
    case 'update':
      return updateEventSource(deps, id, { settings: { names, workers }, policyChangedAt }, onWait);
    case 'disable':
      await updateEventSource(deps, id, { enabled: false, policyChangedAt }, onWait);
      context.quietSince = clock.now();
      return;
    case 'wait for running workers':
      return waitForWorkers(
        { sqs: clients.sqs, clock },
        context.known.queueUrl ?? '',
        (context.quietSince ?? clock.now()) + FUNCTION_TIMEOUT_SECONDS * 1000,
        onWait,
      );
    case 'enable':
      return updateEventSource(deps, id, { enabled: true, policyChangedAt }, onWait);
    case 'tag':
      return tagEventSource(clients, observed.eventSource?.arn ?? '', names);
    default:
      throw unknownAction('eventSource', action);
  }
}

function unknownAction(resource: string, action: string): Error {
  return new Error(`There is no way to "${action}" a ${resource}.`);
}
