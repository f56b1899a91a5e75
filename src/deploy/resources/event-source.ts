import {
  CreateEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  type FunctionResponseType,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import { isServiceError, isVisibilityNotThere, says } from '../../aws/errors.ts';
import { getEventSource, isSettled, listEventSources } from '../../aws/event-source.ts';
import type { Clock } from '../../clock.ts';
import { BATCH_SIZE } from '../../worker-contract.ts';
import { type Change, diffProperties, type Properties } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { retryWhile, waitFor } from '../wait.ts';

/** The event source, by which Lambda takes messages from the queue to the function. */
export interface ObservedEventSource {
  readonly id: string;
  readonly arn: string | undefined;
  readonly ours: boolean;
  readonly enabled: boolean;
  /** `undefined`: not limited. */
  readonly maximumConcurrency: number | undefined;
  readonly properties: Properties;
}

export interface EventSourceDeps {
  readonly lambda: DeployClients['lambda'];
  readonly clock: Clock;
}

/**
 * Reads the event source between this queue and this function, waiting while it is about to change.
 * @returns `undefined` when there is none.
 */
export async function observeEventSource(
  { lambda, clock }: EventSourceDeps,
  names: DeploymentNames,
): Promise<ObservedEventSource | undefined> {
  // By the queue and not by the function: one whose function was deleted is still there, and would be in the way.
  const all = await listEventSources({ lambda }, { queueArn: names.queueArn });
  const found =
    all.find(({ FunctionArn }) => FunctionArn === names.functionArn) ??
    all.find(({ FunctionArn }) => isOfFunction(FunctionArn, names));
  if (found?.UUID === undefined) return undefined;
  const settled = await waitUntilSettled({ lambda, clock }, found.UUID);
  if (!settled) return undefined;
  const tags = await readTags(lambda, settled.EventSourceMappingArn);
  const concurrency = settled.ScalingConfig?.MaximumConcurrency;
  return {
    id: found.UUID,
    arn: settled.EventSourceMappingArn,
    ours: tags === undefined || tags[STACK_TAG] === names.stack,
    enabled: settled.State !== 'Disabled',
    maximumConcurrency: concurrency,
    properties: {
      ...(tags === undefined ? {} : { [STACK_TAG]: tags[STACK_TAG] }),
      FunctionArn: settled.FunctionArn,
      BatchSize: String(settled.BatchSize ?? ''),
      MaximumBatchingWindowInSeconds: String(settled.MaximumBatchingWindowInSeconds ?? 0),
      FunctionResponseTypes: settled.FunctionResponseTypes?.join(', ') || 'none',
      MaximumConcurrency: concurrency === undefined ? 'not limited' : String(concurrency),
      FilterCriteria: settled.FilterCriteria?.Filters?.length ? 'filters' : 'none',
    },
  };
}

/** What differs from how the event source shall be. Whether it is enabled is left as it is. */
export function diffEventSource(
  observed: ObservedEventSource,
  names: DeploymentNames,
  workers: number,
): Change[] {
  return diffProperties(observed.properties, {
    // Emulators may have no tags on event sources.
    ...(STACK_TAG in observed.properties ? { [STACK_TAG]: names.stack } : {}),
    // One of a version or an alias would go on with old code.
    FunctionArn: names.functionArn,
    BatchSize: String(BATCH_SIZE),
    MaximumBatchingWindowInSeconds: '0',
    FunctionResponseTypes: RESPONSE_TYPE,
    MaximumConcurrency: String(workers),
    FilterCriteria: 'none',
  });
}

/** Another event source of the same function: of a queue that it had before, or one made by hand. */
export interface OtherSource {
  readonly id: string;
  /** What it takes from: a queue's ARN, or that of a stream. */
  readonly sourceArn: string;
  readonly ours: boolean;
}

/** The function's event sources that are not of the deployment's queue. */
export async function listOtherSources(
  { lambda }: Pick<DeployClients, 'lambda'>,
  names: DeploymentNames,
): Promise<OtherSource[]> {
  const all = await listEventSources({ lambda }, { functionName: names.function });
  const others: OtherSource[] = [];
  for (const { UUID, EventSourceArn, EventSourceMappingArn } of all) {
    if (UUID === undefined || EventSourceArn === undefined || EventSourceArn === names.queueArn) continue;
    const tags = await readTags(lambda, EventSourceMappingArn);
    others.push({ id: UUID, sourceArn: EventSourceArn, ours: tags?.[STACK_TAG] === names.stack });
  }
  return others;
}

/**
 * Makes the event source, enabled. Lambda checks the role's permissions here, and learns of them a while after
 * they were given, as of the queue's visibility time-out.
 * @param options.policyChangedAt when the role's permissions were last changed, as far as we know.
 * @returns its id.
 */
export async function createEventSource(
  { lambda, clock }: EventSourceDeps,
  names: DeploymentNames,
  options: { readonly workers: number; readonly policyChangedAt: number | undefined },
  onWait?: () => void,
): Promise<string> {
  const command = new CreateEventSourceMappingCommand({
    EventSourceArn: names.queueArn,
    FunctionName: names.function,
    Enabled: true,
    Tags: { [STACK_TAG]: names.stack },
    ...mappingSettings(options.workers),
  });
  const made = await retryWhile(
    { clock, timeoutMs: permissionTimeoutMs(clock, options.policyChangedAt), onWait },
    isPermissionNotThere,
    () =>
      retryWhile({ clock, timeoutMs: VISIBILITY_TIMEOUT_MS, onWait }, isVisibilityNotThere, () =>
        lambda.send(command),
      ),
  );
  if (!made.UUID) throw new Error('Lambda gave no id for the new event source.');
  await waitUntilSettled({ lambda, clock }, made.UUID, onWait);
  return made.UUID;
}

/** Brings the event source in line, and enables or disables it where `enabled` is given; waits until it is so. */
export async function updateEventSource(
  { lambda, clock }: EventSourceDeps,
  id: string,
  options: {
    /** All settings, for so many workers. */
    readonly settings?: { readonly names: DeploymentNames; readonly workers: number };
    readonly enabled?: boolean;
    readonly policyChangedAt?: number | undefined;
  },
  onWait?: () => void,
): Promise<void> {
  const { settings } = options;
  const command = new UpdateEventSourceMappingCommand({
    UUID: id,
    ...(settings === undefined
      ? {}
      : { FunctionName: settings.names.function, ...mappingSettings(settings.workers), FilterCriteria: {} }),
    ...(options.enabled === undefined ? {} : { Enabled: options.enabled }),
  });
  await retryWhile(
    { clock, timeoutMs: permissionTimeoutMs(clock, options.policyChangedAt), onWait },
    isPermissionNotThere,
    () =>
      retryWhile(
        { clock, timeoutMs: SETTLE_TIMEOUT_MS, onWait },
        (error) => isServiceError(error, 'ResourceInUseException', 'ResourceConflictException'),
        () => lambda.send(command),
      ),
  );
  await waitUntilSettled({ lambda, clock }, id, onWait);
}

export async function tagEventSource(
  { lambda }: Pick<DeployClients, 'lambda'>,
  arn: string,
  names: DeploymentNames,
): Promise<void> {
  await lambda.send(new TagResourceCommand({ Resource: arn, Tags: { [STACK_TAG]: names.stack } }));
}

/** Waits while an event source is about to change. @returns it, or `undefined` when it is gone. */
export async function waitUntilSettled(
  { lambda, clock }: EventSourceDeps,
  id: string,
  onWait?: () => void,
): Promise<EventSourceMappingConfiguration | undefined> {
  const what = `The change of the event source ${id}`;
  return waitFor({ clock, timeoutMs: SETTLE_TIMEOUT_MS, what, onWait }, async () => {
    const found = await getEventSource({ lambda }, id);
    if (!found) return { gone: true as const };
    return isSettled({ state: found.State }) ? { gone: false as const, found } : undefined;
  }).then((answer) => (answer.gone ? undefined : answer.found));
}

/** Is this the function's ARN, perhaps with a version behind it? */
function isOfFunction(arn: string | undefined, names: DeploymentNames): boolean {
  return arn === names.functionArn || (arn?.startsWith(`${names.functionArn}:`) ?? false);
}

const RESPONSE_TYPE: FunctionResponseType = 'ReportBatchItemFailures';
const SETTLE_TIMEOUT_MS = 180_000;
const PERMISSION_TIMEOUT_MS = 60_000;
const VISIBILITY_TIMEOUT_MS = 60_000;

function mappingSettings(workers: number) {
  return {
    BatchSize: BATCH_SIZE,
    MaximumBatchingWindowInSeconds: 0,
    FunctionResponseTypes: [RESPONSE_TYPE],
    ScalingConfig: { MaximumConcurrency: workers },
  };
}

/** Permissions that were changed over a minute ago are in force: then an error is one. */
function permissionTimeoutMs(clock: Clock, changedAt: number | undefined): number {
  return changedAt === undefined ? 0 : Math.max(0, changedAt + PERMISSION_TIMEOUT_MS - clock.now());
}

function isPermissionNotThere(error: unknown): boolean {
  return (
    says(error, 'InvalidParameterValueException', /does not have permissions to call .+ on SQS/i) ||
    says(error, 'InvalidParameterValueException', /cannot be assumed by Lambda/i)
  );
}

async function readTags(
  lambda: DeployClients['lambda'],
  arn: string | undefined,
): Promise<Record<string, string> | undefined> {
  if (arn === undefined) return undefined;
  return (await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags ?? {};
}
