import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { FUNCTION_TIMEOUT_SECONDS, WORKER_VARIABLES } from '../../worker-contract.ts';
import type { Change } from '../change.ts';
import { RESUME_TAG } from '../names.ts';
import type { Desired, ResourceStep, Situation, StepContext } from '../resource.ts';
import { breaksBetweenUpdates, lambdaFunction } from './function.ts';
import type { Environment } from './function-environment.ts';
import { queue } from './queue.ts';

/** The event-source pause: whether and how a deploy disables the event source temporarily. */
export interface EventSourcePause {
  /** The deploy disables it before it changes the function. */
  readonly disables: boolean;
  /**
   * Why the deploy waits until running workers have finished before it changes and enables the event source; `undefined` if it
   * does not wait. They keep the share of the rate budget and the settings that they started with.
   */
  readonly waitsBecauseOf: 'rate' | 'settings' | undefined;
  /** The deploy enables it at the end. */
  readonly enables: boolean;
  /** An interrupted deploy disabled it, and this deploy enables it again. */
  readonly resumes: boolean;
}

/**
 * Decides on the event-source pause. A pause has one of three reasons; otherwise the event source stays enabled.
 *
 * - The function would be broken between the update of its configuration and that of its code.
 * - Running workers keep their share of the rate budget. When workers are added and the share gets smaller, running and
 *   new workers together could exceed the budget. Without additional workers they cannot.
 * - Running workers keep their settings, and take further messages for up to four minutes: also those of a launch after the
 *   deploy, which are meant for the new settings.
 *
 * @param eventSource its observed state; `undefined` when it does not exist.
 */
export function planEventSourcePause(
  eventSource: { readonly enabled: boolean; readonly maximumConcurrency: number | undefined } | undefined,
  { find, input }: Situation,
): EventSourcePause {
  const found = find(lambdaFunction);
  const isEnabled = eventSource?.enabled === true;
  const hasResumeTag = found?.observed.hasResumeTag === true;
  const resumes = hasResumeTag && eventSource?.enabled === false;
  const addsWorkers = (eventSource?.maximumConcurrency ?? Number.POSITIVE_INFINITY) < input.workers;
  const isBusy = (find(queue)?.observed.messages ?? 0) > 0;
  const exceedsBudget =
    isEnabled && isBusy && addsWorkers && (hasResumeTag || lowersShare(found?.observed.environment, input));
  const changes = found?.changes ?? [];
  const breaksFunction = isEnabled && breaksBetweenUpdates(changes);
  const changesSettings = changes.some(isSetting);
  const mixesSettings = isEnabled && isBusy && changesSettings;
  const waitsForRate = exceedsBudget || (resumes && addsWorkers);
  const waitsForSettings = mixesSettings || (resumes && changesSettings);
  return {
    disables: exceedsBudget || breaksFunction || mixesSettings,
    waitsBecauseOf: waitsForRate ? 'rate' : waitsForSettings ? 'settings' : undefined,
    enables: exceedsBudget || breaksFunction || mixesSettings || resumes,
    resumes,
  };
}

/** Variables of the function that do not change what a worker downloads. */
const OTHER_VARIABLES = [
  WORKER_VARIABLES.requestsPerSecond,
  WORKER_VARIABLES.workers,
  WORKER_VARIABLES.eventSourceId,
].map((name) => `Environment.${name}`);

/**
 * Whether a change of the function affects what its workers download. Deploy removes an empty setting, and variables that tdd
 * does not set, which do not.
 */
function isSetting({ property, new: value }: Change): boolean {
  if (value === undefined) return /^Environment\.(?:TMDB|IMDB)_/.test(property);
  return property.startsWith('Environment.') && !OTHER_VARIABLES.includes(property);
}

/** Whether a worker's share of the rate budget gets smaller; also `true` when the current share is unknown. */
function lowersShare(old: Environment | undefined, { workers, environment }: Desired['input']): boolean {
  const before =
    Number(old?.get(WORKER_VARIABLES.requestsPerSecond)) / Number(old?.get(WORKER_VARIABLES.workers));
  const after = Number(environment[WORKER_VARIABLES.requestsPerSecond]) / workers;
  return !(before <= after);
}

/**
 * The steps of a pause. A tag marks the function during the pause, so that after an interruption the next deploy
 * enables the event source again.
 * @param setEnabled enables or disables the event source, and waits until that is in effect.
 * @returns `begin` and `end` enclose all other steps, `wait` and `enable` enclose those of the event source.
 */
export function pauseSteps(
  { disables, waitsBecauseOf, enables }: EventSourcePause,
  { find, names }: Situation,
  setEnabled: (context: StepContext, enabled: boolean) => Promise<void>,
): Readonly<Record<'begin' | 'wait' | 'enable' | 'end', readonly (ResourceStep | false)[]>> {
  const hasResumeTag = find(lambdaFunction)?.observed.hasResumeTag === true;
  const Resource = names.functionArn;
  let pausedAt: number | undefined;
  return {
    begin: [
      disables &&
        !hasResumeTag && {
          resource: lambdaFunction.kind,
          action: 'tag as paused',
          position: 'first',
          run: ({ clients: { lambda } }) =>
            lambda.send(new TagResourceCommand({ Resource, Tags: { [RESUME_TAG]: 'enable-again' } })),
        },
      disables && {
        action: 'disable',
        position: 'first',
        async run(context) {
          await setEnabled(context, false);
          pausedAt = context.clock.monotonic();
        },
      },
    ],
    wait: [
      waitsBecauseOf !== undefined && {
        action: 'wait for running workers',
        run: (context) =>
          waitForWorkers(context, (pausedAt ?? context.clock.monotonic()) + FUNCTION_TIMEOUT_SECONDS * 1000),
      },
    ],
    enable: [enables && { action: 'enable', run: (context) => setEnabled(context, true) }],
    end: [
      (hasResumeTag || disables) && {
        resource: lambdaFunction.kind,
        action: 'remove paused tag',
        position: 'last',
        run: ({ clients: { lambda } }) =>
          lambda.send(new UntagResourceCommand({ Resource, TagKeys: [RESUME_TAG] })),
      },
    ],
  };
}

/**
 * How many consecutive times the queue must report no messages in flight. One is not enough: SQS's counts are
 * eventually consistent and may not include a message that was just received.
 */
const IDLE_PROBES = 3;
const PROBE_INTERVAL_MS = 2_000;

/**
 * Waits for the workers that were running when the event source was disabled, until no message is in flight or the
 * function's timeout has passed. Messages that wait for a retry are also in flight, so it may take the whole timeout.
 * @param deadline when all of these workers have reached the timeout, by the monotonic clock.
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
  while (clock.monotonic() < deadline) {
    const { Attributes } = await clients.sqs.send(command);
    const isIdle = Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0) === 0;
    idleProbes = isIdle ? idleProbes + 1 : 0;
    if (idleProbes === IDLE_PROBES) return;
    if (!isIdle) onWait(deadline - clock.monotonic());
    await clock.sleep(Math.min(PROBE_INTERVAL_MS, deadline - clock.monotonic()));
  }
}
