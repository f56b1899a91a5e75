import { touches } from './change.ts';
import type { DeploymentInput } from './deployment-input.ts';
import type { Differences, ResourceKind } from './differences.ts';
import { STACK_TAG } from './names.ts';
import { RULE_PROPERTY } from './resources/bucket.ts';
import { planQuiet } from './resources/event-source-pause.ts';
import { CODE_PROPERTIES, CONFIGURATION_PROPERTIES } from './resources/function.ts';
import { EVENT_SOURCE_PROPERTY } from './resources/function-variables.ts';
import { RECURSION_PROPERTY } from './resources/recursion.ts';
import {
  MANAGED_PROPERTY,
  OTHER_INLINE_PROPERTY,
  POLICY_PROPERTY,
  TRUST_PROPERTY,
} from './resources/role.ts';
import type { Observation } from './resources.ts';

/** One thing to do: at most a few calls that belong together. */
export interface Step {
  readonly resource: ResourceKind;
  readonly action: StepAction;
}

type StepAction =
  | 'create'
  | 'tag'
  | 'block public access'
  | 'abort unfinished uploads'
  | 'set attributes'
  | 'set trust policy'
  | 'set permissions'
  | 'remove other permissions'
  | 'set retention'
  | 'set configuration'
  | 'set code'
  | 'allow recursion'
  | 'remember that the event source was enabled'
  | 'set event source id'
  | 'forget that the event source was enabled'
  | 'disable'
  | 'wait for running workers'
  | 'update'
  | 'enable';

/**
 * The steps from what is there to what is wanted, in their order. Each step is right in itself: a run that was
 * cut off after any of them is taken up by the next.
 *
 * - Where {@link planQuiet} says so the event source is disabled meanwhile. The function is marked before, so that
 *   a later run would enable it again.
 * - More workers: the function's share of the budget is made smaller first, fewer workers: the event source is
 *   limited first. So the fleet's budget is kept at every moment.
 */
export function orderSteps(observed: Observation, differs: Differences, input: DeploymentInput): Step[] {
  const { eventSource } = observed;
  const { disables, waitsForWorkers, enables } = planQuiet(observed, differs, input);
  const marked = observed.function?.resumesEventSource ?? false;
  const lowersWorkers =
    eventSource?.enabled === true &&
    !disables &&
    (eventSource.maximumConcurrency ?? Number.POSITIVE_INFINITY) > input.workers;
  const eventSourceSteps = stepsOf('eventSource', eventSourceActions(differs.eventSource));

  return [
    ...stepsOf('function', [disables && !marked && 'remember that the event source was enabled']),
    ...stepsOf('eventSource', [disables && 'disable']),
    ...stepsOf('bucket', bucketActions(differs.bucket)),
    ...stepsOf('deadLetterQueue', queueActions(differs.deadLetterQueue)),
    ...stepsOf('queue', queueActions(differs.queue)),
    ...stepsOf('role', roleActions(differs.role)),
    ...stepsOf('logGroup', logGroupActions(differs.logGroup)),
    ...(lowersWorkers ? eventSourceSteps : []),
    ...stepsOf('function', functionActions(differs.function, eventSource === undefined)),
    ...stepsOf('eventSource', [waitsForWorkers && 'wait for running workers']),
    ...(lowersWorkers ? [] : eventSourceSteps),
    ...stepsOf('eventSource', [enables && 'enable']),
    ...stepsOf('function', [
      eventSource === undefined && 'set event source id',
      (marked || disables) && 'forget that the event source was enabled',
    ]),
  ];
}

function stepsOf(resource: ResourceKind, actions: readonly MaybeAction[]): Step[] {
  return actions.flatMap((action) => (action ? [{ resource, action }] : []));
}

type MaybeAction = StepAction | false;

function bucketActions(changes: Differences['bucket']): MaybeAction[] {
  if (!changes) return ['create', 'block public access', 'abort unfinished uploads'];
  const others = changes.some(({ property }) => property !== RULE_PROPERTY);
  return [others && 'block public access', touches(changes, RULE_PROPERTY) && 'abort unfinished uploads'];
}

function queueActions(changes: Differences['queue']): MaybeAction[] {
  if (!changes) return ['create'];
  const others = changes.some(({ property }) => property !== STACK_TAG);
  return [touches(changes, STACK_TAG) && 'tag', others && 'set attributes'];
}

function roleActions(changes: Differences['role']): MaybeAction[] {
  if (!changes) return ['create', 'set permissions'];
  return [
    touches(changes, STACK_TAG) && 'tag',
    touches(changes, TRUST_PROPERTY) && 'set trust policy',
    touches(changes, POLICY_PROPERTY) && 'set permissions',
    touches(changes, OTHER_INLINE_PROPERTY, MANAGED_PROPERTY) && 'remove other permissions',
  ];
}

function logGroupActions(changes: Differences['logGroup']): MaybeAction[] {
  if (!changes) return ['create', 'set retention'];
  return [touches(changes, STACK_TAG) && 'tag', touches(changes, 'RetentionInDays') && 'set retention'];
}

function functionActions(changes: Differences['function'], eventSourceIsNew: boolean): MaybeAction[] {
  if (!changes) return ['create', 'allow recursion'];
  // What the function shall know of a new event source is told once that is made.
  const now = eventSourceIsNew
    ? changes.filter(({ property }) => property !== EVENT_SOURCE_PROPERTY)
    : changes;
  return [
    touches(changes, STACK_TAG) && 'tag',
    touches(now, ...CONFIGURATION_PROPERTIES) && 'set configuration',
    touches(changes, ...CODE_PROPERTIES) && 'set code',
    touches(changes, RECURSION_PROPERTY) && 'allow recursion',
  ];
}

function eventSourceActions(changes: Differences['eventSource']): MaybeAction[] {
  if (!changes) return ['create'];
  const others = changes.some(({ property }) => property !== STACK_TAG);
  return [touches(changes, STACK_TAG) && 'tag', others && 'update'];
}
