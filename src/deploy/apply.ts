import { readingClients, toUserError, withClearErrors } from '../aws/calls.ts';
import { isServiceError } from '../aws/errors.ts';
import { UserError } from '../errors.ts';
import { type ResourceKind, surroundingsOf } from './differences.ts';
import type { Step } from './order-steps.ts';
import { basisOf, type DeployDeps, type Plan, type PlanBasis, secretsOf } from './plan.ts';
import { observe } from './resources.ts';
import { runStep, type StepContext } from './run-step.ts';
import { abortableClock } from './wait.ts';

/** How a step goes on: `waiting` comes at most once, for one that AWS is not ready for yet. */
export type StepState = 'started' | 'waiting' | 'done';

export interface ApplyOptions {
  readonly onStep?: ((step: Step, state: StepState) => void) | undefined;
  /** Ends between two steps; the next deploy goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/** What there is after a deploy. */
export interface Deployment {
  readonly bucketArn: string;
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly deadLetterQueueArn: string;
  readonly deadLetterQueueUrl: string;
  readonly roleArn: string;
  readonly logGroupArn: string;
  readonly functionArn: string;
  readonly eventSourceId: string;
}

/**
 * Carries a plan out, step by step. A run that ends half-way leaves nothing that the next one cannot finish.
 * @throws {UserError} with the permission or the setting that is missing; the signal's reason when aborted.
 */
export async function applyDeployment(
  deps: DeployDeps,
  plan: Plan,
  options: ApplyOptions = {},
): Promise<Deployment> {
  const { desired, observed } = basisOf(plan);
  const { names } = desired;
  const clock = abortableClock(deps.clock, options.signal);
  const context: StepContext = {
    clients: withClearErrors(deps.clients, secretsOf(desired.input)),
    clock,
    desired,
    observed,
    known: surroundingsOf(observed, names),
    policyChangedAt: mayGoOn(observed) ? clock.now() : observed.role?.createdAt?.getTime(),
  };
  for (const step of plan.steps) {
    options.signal?.throwIfAborted();
    options.onStep?.(step, 'started');
    let isWaiting = false;
    const onWait = () => {
      if (!isWaiting) options.onStep?.(step, 'waiting');
      isWaiting = true;
    };
    try {
      await runStep(context, step, onWait);
    } catch (error) {
      await acceptIfMadeMeanwhile(context, step.resource, step, error);
    }
    options.onStep?.(step, 'done');
  }
  return describe(context, desired);
}

/** Can this be the rest of a run that was cut off? Then it has changed the role, and nobody knows when. */
function mayGoOn({ eventSource, function: found }: PlanBasis['observed']): boolean {
  return eventSource === undefined || found?.resumesEventSource === true;
}

/**
 * A resource that was not there when the plan was made and is there now: either our own call went through and
 * its answer was lost, or another deploy runs. With our tag it is taken, as that one was made alike.
 */
async function acceptIfMadeMeanwhile(
  context: StepContext,
  kind: ResourceKind,
  step: Step,
  error: unknown,
): Promise<void> {
  if (step.action !== 'create' || !isServiceError(error, ...ALREADY_THERE)) throw toUserError(error);
  const { names } = context.desired;
  const now = await observe({ clients: readingClients(context.clients), clock: context.clock }, names);
  if (!now[kind]?.ours) {
    throw new UserError(
      `Somebody else made the ${kind} of ${JSON.stringify(names.stack)} while this ran: run "tdd deploy" again to see it in the plan.`,
      { cause: error },
    );
  }
  context.known = surroundingsOf(now, names);
}

const ALREADY_THERE = [
  'BucketAlreadyOwnedByYou',
  'EntityAlreadyExistsException',
  'QueueNameExists',
  'AWS.SimpleQueueService.QueueNameExists',
  'QueueAlreadyExists',
  'ResourceAlreadyExistsException',
  'ResourceConflictException',
];

function describe({ known }: StepContext, { names }: PlanBasis['desired']): Deployment {
  return {
    bucketArn: names.bucketArn,
    queueArn: names.queueArn,
    queueUrl: known.queueUrl ?? '',
    deadLetterQueueArn: names.deadLetterQueueArn,
    deadLetterQueueUrl: known.deadLetterQueueUrl ?? '',
    roleArn: known.roleArn,
    logGroupArn: names.logGroupArn,
    functionArn: names.functionArn,
    eventSourceId: known.eventSourceId ?? '',
  };
}
