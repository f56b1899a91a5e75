import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { FUNCTION_TIMEOUT_SECONDS, WORKER_VARIABLES } from '../../worker-contract.ts';
import type { Desired, ResourceStep, Situation, StepContext } from '../resource.ts';
import { breaksBetweenUpdates, lambdaFunction, RESUME_TAG } from './function.ts';
import type { Environment } from './function-environment.ts';
import { queue } from './queue.ts';

/** Whether a deploy disables the event source for a while, and why. */
export interface EventSourcePause {
  /** It is disabled before the function changes. */
  readonly disables: boolean;
  /** Running workers, which keep the share of the budget that they started with, end before it is changed and enabled. */
  readonly waitsForWorkers: boolean;
  /** It is enabled at the end. */
  readonly enables: boolean;
  /** An interrupted deploy disabled it, and this one enables it again. */
  readonly resumes: boolean;
}

/**
 * Decides on the event-source pause. Without a reason for one, the event source stays enabled.
 *
 * - Between its new configuration and its new code the function may be broken.
 * - Running workers keep their share of the request budget. Workers added meanwhile come on top of them: if the
 *   share gets smaller, both together could exceed the budget. The same number of workers, or fewer, cannot.
 */
export function planEventSourcePause(
  eventSource: { readonly enabled: boolean; readonly maximumConcurrency: number | undefined } | undefined,
  { find, input }: Situation,
): EventSourcePause {
  const found = find(lambdaFunction);
  const runs = eventSource?.enabled === true;
  const marked = found?.observed.hasResumeTag === true;
  const resumes = marked && eventSource?.enabled === false;
  const adds = (eventSource?.maximumConcurrency ?? Number.POSITIVE_INFINITY) < input.workers;
  const isBusy = (find(queue)?.observed.messages ?? 0) > 0;
  const exceeds = runs && isBusy && adds && (marked || lowersShare(found?.observed.environment, input));
  const breaks = runs && breaksBetweenUpdates(found?.changes ?? []);
  return {
    disables: exceeds || breaks,
    waitsForWorkers: exceeds || (resumes && adds),
    enables: exceeds || breaks || resumes,
    resumes,
  };
}

/** Will a worker get less of the budget than the running ones have? `true` where that is not known. */
function lowersShare(old: Environment | undefined, { workers, environment }: Desired['input']): boolean {
  const before =
    Number(old?.get(WORKER_VARIABLES.requestsPerSecond)) / Number(old?.get(WORKER_VARIABLES.workers));
  const after = Number(environment[WORKER_VARIABLES.requestsPerSecond]) / workers;
  return !(before <= after);
}

/**
 * The steps of a pause. A tag on the function marks it, so that after a crash the next deploy enables the event
 * source again.
 * @param setEnabled enables or disables the event source and waits until that is in force.
 * @returns `begin` and `end` go around all other steps, `wait` and `enable` around those of the event source.
 */
export function pauseSteps(
  { disables, waitsForWorkers, enables }: EventSourcePause,
  { find, names }: Situation,
  setEnabled: (context: StepContext, enabled: boolean) => Promise<void>,
): Readonly<Record<'begin' | 'wait' | 'enable' | 'end', readonly (ResourceStep | false)[]>> {
  const marked = find(lambdaFunction)?.observed.hasResumeTag === true;
  const Resource = names.functionArn;
  let pausedAt: number | undefined;
  return {
    begin: [
      disables &&
        !marked && {
          resource: lambdaFunction.kind,
          action: 'remember that the event source was enabled',
          position: 'first',
          run: ({ clients: { lambda } }) =>
            lambda.send(new TagResourceCommand({ Resource, Tags: { [RESUME_TAG]: 'enable-again' } })),
        },
      disables && {
        action: 'disable',
        position: 'first',
        async run(context) {
          await setEnabled(context, false);
          pausedAt = context.clock.now();
        },
      },
    ],
    wait: [
      waitsForWorkers && {
        action: 'wait for running workers',
        run: (context) =>
          waitForWorkers(context, (pausedAt ?? context.clock.now()) + FUNCTION_TIMEOUT_SECONDS * 1000),
      },
    ],
    enable: [enables && { action: 'enable', run: (context) => setEnabled(context, true) }],
    end: [
      (marked || disables) && {
        resource: lambdaFunction.kind,
        action: 'forget that the event source was enabled',
        position: 'last',
        run: ({ clients: { lambda } }) =>
          lambda.send(new UntagResourceCommand({ Resource, TagKeys: [RESUME_TAG] })),
      },
    ],
  };
}

/** SQS counts approximately, and may not count a message yet that was just received: one probe is not enough. */
const IDLE_PROBES = 3;
const PROBE_INTERVAL_MS = 2_000;

/**
 * Waits until the workers have ended that were running when the event source was disabled: until no message is in
 * flight, or they have run out of time. Delayed retries count as in flight, too, so it may be the latter.
 * @param deadline when no worker can be running any more: milliseconds since the epoch.
 */
async function waitForWorkers(
  { clients, clock, refs, onWait }: StepContext,
  deadline: number,
): Promise<void> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: refs.queueUrl,
    AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
  });
  let idleProbes = 0;
  while (clock.now() < deadline) {
    const { Attributes } = await clients.sqs.send(command);
    const isIdle = Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0) === 0;
    idleProbes = isIdle ? idleProbes + 1 : 0;
    if (idleProbes === IDLE_PROBES) return;
    if (!isIdle) onWait();
    await clock.sleep(Math.min(PROBE_INTERVAL_MS, deadline - clock.now()));
  }
}
