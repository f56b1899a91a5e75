import {
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  type FunctionResponseType,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda';
import type { AwsClients } from '../../aws/clients.ts';
import { isServiceError, undefinedIfNotFound } from '../../aws/errors.ts';
import { getEventSource, isStable, listEventSources } from '../../aws/event-source.ts';
import { BATCH_SIZE, FUNCTION_TIMEOUT_SECONDS } from '../../worker-contract.ts';
import { diffProperties, type Properties, touches } from '../change.ts';
import { retryDuringIamPropagation, retryUntilLambdaSeesQueue } from '../eventual-consistency.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { ownerOf } from '../ownership.ts';
import type {
  ObserveDeps,
  ObservedResource,
  OtherSource,
  Resource,
  Situation,
  StepContext,
} from '../resource.ts';
import { retryWhile, type Waiter, waitFor } from '../wait.ts';
import { pauseSteps, planEventSourcePause } from './event-source-pause.ts';
import { createTaggedEventSource, readEventSourceTags } from './event-source-tags.ts';
import { lambdaFunction } from './function.ts';
import { role } from './role.ts';

export interface ObservedEventSource extends ObservedResource {
  readonly id: string;
  readonly arn: string | undefined;
  readonly enabled: boolean;
  /** `undefined` when it is not limited. */
  readonly maximumConcurrency: number | undefined;
  readonly properties: Properties;
}

const RESPONSE_TYPE: FunctionResponseType = 'ReportBatchItemFailures';
const STATE_CHANGE_TIMEOUT_MS = 180_000;

/**
 * The event source mapping that delivers the queue's messages to the function. A deploy preserves whether it is enabled
 * or disabled.
 */
export const eventSource: Resource<'eventSource', ObservedEventSource> = {
  kind: 'eventSource',
  nameOf: (names) => `${names.queue} → ${names.function}`,
  namedBy: '--queue-name',
  overwrites: 'its settings',
  isRecognized: (_observed, _names, isOwn) => isOwn('function'),

  async observe({ clients: { lambda }, clock }, names) {
    // Search by queue: the event source of a deleted function still exists, and would conflict with a new one.
    const all = await listEventSources({ lambda }, { queueArn: names.queueArn });
    const { UUID } =
      all.find(({ FunctionArn }) => FunctionArn === names.functionArn) ??
      // The event source of a version or an alias.
      all.find(({ FunctionArn }) => FunctionArn?.startsWith(`${names.functionArn}:`)) ??
      {};
    if (UUID === undefined) return undefined;
    const stable = await waitUntilStable({ clock }, lambda, UUID);
    if (!stable) return undefined;
    const tags = await readEventSourceTags(lambda, stable.EventSourceMappingArn);
    return {
      id: UUID,
      arn: stable.EventSourceMappingArn,
      owner: tags === undefined ? 'ours' : ownerOf(names, tags[STACK_TAG]),
      enabled: stable.State !== 'Disabled',
      maximumConcurrency: stable.ScalingConfig?.MaximumConcurrency,
      properties: {
        ...(tags === undefined ? {} : { [STACK_TAG]: tags[STACK_TAG] }),
        ...propertiesOf(stable),
      },
    };
  },

  refs: ({ id }) => ({ eventSourceId: id }),

  diff: ({ properties }, { names, input }) =>
    diffProperties(properties, {
      ...(STACK_TAG in properties ? { [STACK_TAG]: names.stack } : {}),
      ...propertiesOf({
        // The event source of a version or an alias would run old code.
        FunctionArn: names.functionArn,
        ...settingsFor(input.workers),
      }),
    }),

  steps(found, situation) {
    const { names, input } = situation;
    const pause = planEventSourcePause(found?.observed, situation);
    const { begin, wait, enable, end } = pauseSteps(pause, situation, (context, Enabled) =>
      updateEventSource(context, situation, { Enabled }),
    );
    if (!found) {
      return [{ action: 'create', run: (context) => createEventSource(context, situation) }, ...end];
    }
    const { observed, changes } = found;
    // The fleet must never exceed its rate budget. With fewer workers, limit the concurrency first; with more workers,
    // reduce each worker's share in the function's configuration first.
    const lowersWorkers =
      observed.enabled &&
      !pause.disables &&
      (observed.maximumConcurrency ?? Number.POSITIVE_INFINITY) > input.workers;
    const position = lowersWorkers ? { position: { before: lambdaFunction.kind } } : {};
    return [
      ...begin,
      ...wait,
      touches(changes, STACK_TAG) && {
        action: 'tag',
        ...position,
        run: ({ clients: { lambda } }) =>
          lambda.send(new TagResourceCommand({ Resource: observed.arn, Tags: { [STACK_TAG]: names.stack } })),
      },
      changes.some(({ property }) => property !== STACK_TAG) && {
        action: 'update',
        ...position,
        run: (context) =>
          updateEventSource(context, situation, {
            FunctionName: names.function,
            ...settingsFor(input.workers),
            FilterCriteria: {},
          }),
      },
      ...enable,
      ...end,
    ];
  },

  action: (observed, situation) =>
    observed.owner === 'ours' && planEventSourcePause(observed, situation).resumes ? 'update' : undefined,

  notes(found, situation) {
    if (!found) return ['It will be enabled.'];
    const { disables, waitsBecauseOf, resumes } = planEventSourcePause(found.observed, situation);
    if (resumes) return ['An interrupted deploy disabled it; this deploy will enable it again.'];
    if (!found.observed.enabled) return ['It stays disabled; "tdd resume" enables it.'];
    if (!disables) return ['It stays enabled.'];
    if (!waitsBecauseOf)
      return ['It will be disabled while the function is updated, and then enabled again.'];
    return [
      `It will be disabled until running workers have finished (${FUNCTION_TIMEOUT_SECONDS / 60} minutes at most), and then enabled again: otherwise, ${WITHOUT_WAIT[waitsBecauseOf]}.`,
    ];
  },

  idOf: ({ id }) => id,

  async destroy({ clients: { lambda }, clock }, { id: UUID }) {
    if (UUID === undefined) return;
    await retryWhile({ clock }, { timeoutMs: 120_000 }, isChanging, () =>
      undefinedIfNotFound(
        lambda.send(new DeleteEventSourceMappingCommand({ UUID })),
        'ResourceNotFoundException',
      ),
    );
    // Until it is deleted, Lambda still polls the queue, using the role that is deleted next.
    await waitUntilStable({ clock }, lambda, UUID);
  },
};

/** What would happen if a deploy did not wait for running workers. */
const WITHOUT_WAIT = {
  rate: 'old and new workers together would exceed the rate budget',
  settings: 'they would take further messages with the old settings',
};

/** Whether the event source is disabled, and the deploy does not enable it. */
export function staysDisabled(situation: Situation): boolean {
  const found = situation.find(eventSource);
  return found?.observed.enabled === false && !planEventSourcePause(found.observed, situation).resumes;
}

/** Lists the function's event sources for queues and streams other than the deployment's queue. */
export async function listOtherSources(
  { clients: { lambda } }: ObserveDeps,
  names: DeploymentNames,
): Promise<OtherSource[]> {
  const all = await listEventSources({ lambda }, { functionName: names.function });
  const others: OtherSource[] = [];
  for (const { UUID, EventSourceArn, EventSourceMappingArn } of all) {
    if (UUID === undefined || EventSourceArn === undefined || EventSourceArn === names.queueArn) continue;
    const tags = await readEventSourceTags(lambda, EventSourceMappingArn);
    others.push({ id: UUID, sourceArn: EventSourceArn, owner: ownerOf(names, tags?.[STACK_TAG]) });
  }
  return others;
}

/** Creates an enabled event source. Lambda then validates the role's permissions and the queue's visibility timeout. */
async function createEventSource(context: StepContext, situation: Situation): Promise<void> {
  const { lambda } = context.clients;
  const { names, input } = situation;
  const creation: CreateEventSourceMappingCommandInput = {
    EventSourceArn: names.queueArn,
    FunctionName: names.function,
    Enabled: true,
    Tags: { [STACK_TAG]: names.stack },
    ...settingsFor(input.workers),
  };
  const created = await retryDuringIamPropagation(context, roleChangedAt(context, situation), () =>
    retryUntilLambdaSeesQueue(context, () => createTaggedEventSource(lambda, creation)),
  );
  if (!created.UUID) throw new Error('Lambda returned no ID for the new event source.');
  await waitUntilStable(context, lambda, created.UUID);
  context.refs.eventSourceId = created.UUID;
}

/** Changes settings, or enables or disables the event source, and waits until that is in effect. */
async function updateEventSource(
  context: StepContext,
  situation: Situation,
  settings: Omit<UpdateEventSourceMappingCommandInput, 'UUID'>,
): Promise<void> {
  const { lambda } = context.clients;
  const UUID = context.refs.eventSourceId ?? '';
  const command = new UpdateEventSourceMappingCommand({ UUID, ...settings });
  await retryDuringIamPropagation(context, roleChangedAt(context, situation), () =>
    retryWhile(context, { timeoutMs: STATE_CHANGE_TIMEOUT_MS }, isChanging, () => lambda.send(command)),
  );
  await waitUntilStable(context, lambda, UUID);
}

/**
 * When the role or its permissions last changed, for the wait for IAM propagation. If this deploy may be completing an
 * interrupted one, which may just have changed the role, it counts as changed now, once for the whole deploy.
 * @returns the moment by the monotonic clock; `undefined` when unknown.
 */
function roleChangedAt(context: StepContext, { find, refs }: Situation): number | undefined {
  const { clock } = context;
  const mayCompleteAnother =
    refs.eventSourceId === undefined || find(lambdaFunction)?.observed.hasResumeTag === true;
  const createdAt = find(role)?.observed.createdAt;
  if (mayCompleteAnother) context.roleChangedAt ??= clock.monotonic();
  else if (createdAt) context.roleChangedAt ??= clock.monotonic() - (clock.now() - createdAt.getTime());
  return context.roleChangedAt;
}

/** Waits until no change is in progress. @returns the event source, or `undefined` when it no longer exists. */
async function waitUntilStable(
  waiter: Waiter,
  lambda: AwsClients['lambda'],
  id: string,
): Promise<EventSourceMappingConfiguration | undefined> {
  const what = `Lambda to update the event source ${id}`;
  const { found } = await waitFor(waiter, { timeoutMs: STATE_CHANGE_TIMEOUT_MS, what }, async () => {
    const found = await getEventSource({ lambda }, id);
    return !found || isStable({ state: found.State }) ? { found } : undefined;
  });
  return found;
}

function isChanging(error: unknown): boolean {
  return isServiceError(error, 'ResourceInUseException', 'ResourceConflictException');
}

function settingsFor(workers: number) {
  return {
    BatchSize: BATCH_SIZE,
    MaximumBatchingWindowInSeconds: 0,
    FunctionResponseTypes: [RESPONSE_TYPE],
    ScalingConfig: { MaximumConcurrency: workers },
  };
}

function propertiesOf(found: EventSourceMappingConfiguration): Properties {
  return {
    FunctionArn: found.FunctionArn,
    BatchSize: String(found.BatchSize ?? ''),
    MaximumBatchingWindowInSeconds: String(found.MaximumBatchingWindowInSeconds ?? 0),
    FunctionResponseTypes: found.FunctionResponseTypes?.join(', ') || 'none',
    MaximumConcurrency: String(found.ScalingConfig?.MaximumConcurrency ?? 'not limited'),
    FilterCriteria: found.FilterCriteria?.Filters?.length ? 'filters' : 'none',
  };
}
