import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import { isServiceError } from '../aws/errors.ts';
import { UserError } from '../errors.ts';
import type { DeploymentNames } from './names.ts';
import { basisOf, type DeployDeps, type Plan, type Step, secretsOf } from './plan.ts';
import type { ResourceRefs, StepContext } from './resource.ts';
import { resourceOf } from './resource-list.ts';
import { abortableClock } from './wait.ts';

/** The progress of a step: `waiting` comes at most once, when AWS is not ready for it yet. */
export type StepState = 'started' | 'waiting' | 'done';

export interface ApplyOptions {
  readonly onStep?: ((step: Step, state: StepState) => void) | undefined;
  /** Ends between two steps; the next deploy continues. */
  readonly signal?: AbortSignal | undefined;
}

/** What exists after a deploy. */
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
 * Applies a plan, step by step. Whatever an interrupted run leaves, the next one completes.
 * @throws {UserError} with the permission or the setting that is missing; the signal's reason when aborted.
 */
export async function applyDeployment(
  deps: DeployDeps,
  plan: Plan,
  options: ApplyOptions = {},
): Promise<Deployment> {
  const { desired, refs, runs } = basisOf(plan);
  const { signal, onStep } = options;
  const { names } = desired;
  let onWait: () => void = () => {};
  const context: StepContext = {
    clients: withClearErrors(deps.clients, secretsOf(desired.input)),
    clock: abortableClock(deps.clock, signal),
    refs: { ...refs },
    onWait: () => onWait(),
  };
  for (const [step, run] of runs) {
    signal?.throwIfAborted();
    onStep?.(step, 'started');
    onWait = () => {
      onWait = () => {};
      onStep?.(step, 'waiting');
    };
    try {
      await run(context);
    } catch (error) {
      await adoptIfAlreadyCreated(context, names, step, error);
    }
    onStep?.(step, 'done');
  }
  return describe(names, context.refs);
}

/**
 * A resource that did not exist when the plan was made and exists now: either our own call succeeded and its answer
 * was lost, or another deploy runs. With our tag it is accepted, as that one created it alike.
 */
async function adoptIfAlreadyCreated(
  context: StepContext,
  names: DeploymentNames,
  step: Step,
  error: unknown,
): Promise<void> {
  if (step.action !== 'create' || !isServiceError(error, ...ALREADY_EXISTS)) throw toUserError(error);
  const resource = resourceOf(step.resource);
  const deps = { clients: readOnlyClients(context.clients), clock: context.clock };
  const now = await resource.observe(deps, names);
  if (!now?.ours) {
    throw new UserError(
      `Somebody else made the ${step.resource} of ${JSON.stringify(names.stack)} while this ran: run "tdd deploy" again to see it in the plan.`,
      { cause: error },
    );
  }
  Object.assign(context.refs, resource.refs?.(now));
}

const ALREADY_EXISTS = [
  'BucketAlreadyOwnedByYou',
  'EntityAlreadyExistsException',
  'QueueNameExists',
  'AWS.SimpleQueueService.QueueNameExists',
  'QueueAlreadyExists',
  'ResourceAlreadyExistsException',
  'ResourceConflictException',
];

function describe(names: DeploymentNames, refs: ResourceRefs): Deployment {
  return {
    bucketArn: names.bucketArn,
    queueArn: names.queueArn,
    queueUrl: refs.queueUrl ?? '',
    deadLetterQueueArn: names.deadLetterQueueArn,
    deadLetterQueueUrl: refs.deadLetterQueueUrl ?? '',
    roleArn: refs.roleArn ?? names.roleArn,
    logGroupArn: names.logGroupArn,
    functionArn: names.functionArn,
    eventSourceId: refs.eventSourceId ?? '',
  };
}
