import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import { isServiceError } from '../aws/errors.ts';
import { UserError } from '../errors.ts';
import { withSettling } from './eventual-consistency.ts';
import { type DeploymentNames, kindName } from './names.ts';
import { basisOf, type DeployDeps, type Plan, type Step, secretsOf } from './plan.ts';
import type { ResourceRefs, StepContext } from './resource.ts';
import { resourceOf } from './resource-list.ts';
import { abortableClock } from './wait.ts';

/** The progress of a step. `waiting` is reported at most once, when the step waits for AWS. */
export type StepState = 'started' | 'waiting' | 'done';

export interface ApplyOptions {
  /** @param limitMs with `waiting`: the longest wait, in milliseconds. */
  readonly onStep?: ((step: Step, state: StepState, limitMs?: number) => void) | undefined;
  /** Stops the deploy between two steps, and aborts its waits. The next deploy continues. */
  readonly signal?: AbortSignal | undefined;
}

/** The ARNs, URLs and IDs of a deployment. */
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
 * Applies a plan step by step. It can be interrupted at any point: the next deploy completes the rest.
 * @param plan from {@link planDeployment}.
 * @throws {UserError} naming the missing permission or setting; the signal's reason when aborted.
 */
export async function applyDeployment(
  deps: DeployDeps,
  plan: Plan,
  options: ApplyOptions = {},
): Promise<Deployment> {
  const { desired, refs, runs } = basisOf(plan);
  const { signal, onStep } = options;
  const { names } = desired;
  let onWait: StepContext['onWait'] = () => {};
  const waiter = {
    clock: abortableClock(deps.clock, signal),
    onWait: (limitMs: number) => onWait(limitMs),
  };
  const context: StepContext = {
    clients: withClearErrors(withSettling(deps.clients, waiter), secretsOf(desired.input)),
    ...waiter,
    refs: { ...refs },
  };
  for (const [step, run] of runs) {
    signal?.throwIfAborted();
    onStep?.(step, 'started');
    onWait = (limitMs) => {
      onWait = () => {};
      onStep?.(step, 'waiting', limitMs);
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
 * Handles "already exists" errors for a resource that did not exist when the plan was made. Either the response to our
 * own successful call was lost and the SDK retried it, or another deploy is running. With the deployment's tag the
 * resource is accepted, because both create it with the same properties.
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
  if (now?.owner !== 'ours') {
    throw new UserError(
      `Another program created the ${kindName(step.resource)} of ${JSON.stringify(names.stack)} during this deploy: run "tdd deploy" again to see it in the plan.`,
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
