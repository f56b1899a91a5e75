import { randomUUID } from 'node:crypto';
import { type AwsAnswer, AwsError } from './aws-call.ts';
import { checkVisibility } from './function-settings.ts';
import { isAllowed } from './iam-policy.ts';
import {
  findFunction,
  functionArn,
  functionName,
  invalidParameter,
  json,
  type LambdaCall,
  type LambdaDeps,
  noResource,
  unknownOperation,
} from './lambda-call.ts';
import { type EventSourceMapping, type Role, roleOf } from './world.ts';

/** Creates, reads, lists, updates and deletes event source mappings. */
export function handleMapping(deps: LambdaDeps, call: LambdaCall, uuid: string | undefined): AwsAnswer {
  forgetDeleted(deps);
  const { world } = deps;
  if (uuid === undefined) {
    if (call.method === 'POST') return createMapping(deps, call);
    const { searchParams } = call.url;
    const name = searchParams.get('FunctionName');
    const queueArn = searchParams.get('EventSourceArn');
    if (name !== null) findFunction(world, name, call.region);
    const EventSourceMappings = Object.values(world.mappings)
      .filter((mapping) => name === null || functionName(mapping.functionArn) === functionName(name))
      .filter((mapping) => queueArn === null || mapping.queueArn === queueArn)
      .map((mapping) => describeMapping(deps, mapping));
    return json(200, { EventSourceMappings });
  }
  const mapping = world.mappings[uuid];
  if (!mapping) throw noResource();
  switch (call.method) {
    case 'GET':
      return json(200, describeMapping(deps, mapping));
    case 'PUT':
      refuseInUse(deps, mapping, 'update');
      return updateMapping(deps, call, mapping);
    case 'DELETE':
      refuseInUse(deps, mapping, 'delete');
      change(deps, mapping, 'Deleting');
      return json(202, describeMapping(deps, mapping));
    default:
      throw unknownOperation(call);
  }
}

/** Whether the mapping delivers messages. A mapping that is being disabled or deleted does not. */
export function isPolling({ now }: Pick<LambdaDeps, 'now'>, mapping: EventSourceMapping): boolean {
  if (!mapping.enabled || mapping.transition === 'Deleting') return false;
  return now() >= mapping.settledAt || mapping.transition === 'Updating';
}

function createMapping(deps: LambdaDeps, call: LambdaCall): AwsAnswer {
  const { world, now } = deps;
  const { input } = call;
  const queueArn = String(input.EventSourceArn ?? '');
  const arn = functionArn(String(input.FunctionName ?? ''), call.region);
  const { configuration } = findFunction(world, arn, call.region);
  if (!/^arn:aws:sqs:/.test(queueArn)) {
    throw invalidParameter('Unrecognized event source, must be kinesis, dynamodb stream or sqs.');
  }
  checkNumbers(input);
  const twin = Object.values(world.mappings).find(
    (mapping) => mapping.queueArn === queueArn && mapping.functionArn === arn,
  );
  if (twin) {
    throw new AwsError(
      409,
      'ResourceConflictException',
      `An event source mapping with SQS arn (" ${queueArn} ") and function (" ${configuration.FunctionName} ") already exists. Please update or delete the existing mapping with UUID ${twin.uuid}`,
    );
  }
  checkQueueRights(deps, configuration.Role, queueArn);
  if (!deps.queues.attributes(queueArn)) {
    throw invalidParameter(
      'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
    );
  }
  checkVisibility(deps, queueArn, configuration.Timeout);
  const mapping: EventSourceMapping = {
    uuid: randomUUID(),
    functionArn: arn,
    queueArn,
    batchSize: 10,
    batchingWindowSeconds: 0,
    responseTypes: [],
    tags: { ...(input.Tags as Record<string, string> | undefined) },
    enabled: true,
    changedAt: now(),
    transition: 'Creating',
    settledAt: 0,
  };
  apply(input, mapping);
  change(deps, mapping, 'Creating');
  world.mappings[mapping.uuid] = mapping;
  return json(202, describeMapping(deps, mapping));
}

function updateMapping(deps: LambdaDeps, call: LambdaCall, mapping: EventSourceMapping): AwsAnswer {
  const { input } = call;
  checkNumbers(input);
  if (input.FunctionName !== undefined) {
    const { configuration } = findFunction(deps.world, String(input.FunctionName), call.region);
    checkVisibility(deps, mapping.queueArn, configuration.Timeout);
    const version = /:function:[^:]+(:.+)$/.exec(String(input.FunctionName))?.[1] ?? '';
    mapping.functionArn = `${configuration.FunctionArn}${version}`;
  }
  const wasEnabled = mapping.enabled;
  apply(input, mapping);
  const isSwitched = mapping.enabled !== wasEnabled;
  change(deps, mapping, isSwitched ? (mapping.enabled ? 'Enabling' : 'Disabling') : 'Updating');
  return json(202, describeMapping(deps, mapping));
}

function apply(input: LambdaCall['input'], mapping: EventSourceMapping): void {
  if (input.Enabled !== undefined) mapping.enabled = input.Enabled === true;
  if (input.BatchSize !== undefined) mapping.batchSize = Number(input.BatchSize);
  if (input.MaximumBatchingWindowInSeconds !== undefined) {
    mapping.batchingWindowSeconds = Number(input.MaximumBatchingWindowInSeconds);
  }
  if (Array.isArray(input.FunctionResponseTypes)) mapping.responseTypes = input.FunctionResponseTypes;
  if (input.FilterCriteria !== undefined) {
    const { Filters } = input.FilterCriteria as { Filters?: unknown[] };
    mapping.filters = Filters?.length ? { Filters } : undefined;
  }
  if (input.ScalingConfig !== undefined) mapping.maximumConcurrency = maximumConcurrency(input);
}

function change(
  { now, updateDelayMs }: LambdaDeps,
  mapping: EventSourceMapping,
  to: EventSourceMapping['transition'],
) {
  mapping.transition = to;
  mapping.changedAt = now();
  mapping.settledAt = now() + updateDelayMs;
}

function forgetDeleted({ world, now }: LambdaDeps): void {
  for (const { uuid, transition, settledAt } of Object.values(world.mappings)) {
    if (transition === 'Deleting' && now() >= settledAt) delete world.mappings[uuid];
  }
}

function refuseInUse({ now }: LambdaDeps, mapping: EventSourceMapping, verb: string): void {
  if (now() >= mapping.settledAt) return;
  throw new AwsError(
    400,
    'ResourceInUseException',
    `Cannot ${verb} the event source mapping because it is in use.`,
  );
}

function describeMapping({ now }: LambdaDeps, mapping: EventSourceMapping): object {
  const settled = mapping.enabled ? 'Enabled' : 'Disabled';
  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: `${mapping.functionArn.split(':function:')[0]}:event-source-mapping:${mapping.uuid}`,
    EventSourceArn: mapping.queueArn,
    FunctionArn: mapping.functionArn,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.batchingWindowSeconds,
    FunctionResponseTypes: mapping.responseTypes,
    ScalingConfig: mapping.maximumConcurrency
      ? { MaximumConcurrency: mapping.maximumConcurrency }
      : undefined,
    FilterCriteria: mapping.filters,
    State: now() < mapping.settledAt ? mapping.transition : settled,
    StateTransitionReason: 'USER_INITIATED',
    LastModified: mapping.changedAt / 1000,
  };
}

const POLLING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'] as const;

/** Returns an action that Lambda needs in order to poll the queue, but that the role does not allow. */
export function findMissingRight(role: Role | undefined, queueArn: string): string | undefined {
  return POLLING.find((verb) => !role || !isAllowed(role, { action: `sqs:${verb}`, resource: queueArn }));
}

/** @throws {AwsError} when the function's role does not allow receiving messages from the queue. */
function checkQueueRights({ world, now, roleDelayMs }: LambdaDeps, roleArn: string, queueArn: string): void {
  const role = roleOf(world, roleArn);
  const isSpread = role && (now() >= role.changedAt + roleDelayMs || roleDelayMs === 0);
  const missing = isSpread ? findMissingRight(role, queueArn) : POLLING[0];
  if (missing) {
    throw invalidParameter(`The function execution role does not have permissions to call ${missing} on SQS`);
  }
}

/** @throws {AwsError} when a number is out of Lambda's range. */
function checkNumbers(input: LambdaCall['input']): void {
  const { BatchSize, MaximumBatchingWindowInSeconds: window } = input;
  if (BatchSize !== undefined && (Number(BatchSize) < 1 || Number(BatchSize) > 10_000)) {
    throw invalidParameter(`Invalid batch size ${BatchSize}.`);
  }
  if (Number(BatchSize ?? 1) > 10 && Number(window ?? 0) < 1) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  const most = maximumConcurrency(input);
  if (most !== undefined && (most < 2 || most > 1000)) {
    throw new AwsError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${most}' at 'scalingConfig.maximumConcurrency' failed to satisfy constraint: Member must have value ${most < 2 ? 'greater than or equal to 2' : 'less than or equal to 1000'}`,
    );
  }
}

/** An empty ScalingConfig removes the limit. */
function maximumConcurrency({ ScalingConfig }: LambdaCall['input']): number | undefined {
  const most = (ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency;
  return most === undefined ? undefined : Number(most);
}
