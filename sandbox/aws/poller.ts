import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from './container.ts';
import type { ContainerPool } from './container-pool.ts';
import { functionName } from './lambda-call.ts';
import { findMissingRight, isPolling } from './lambda-mappings.ts';
import type { Queues, ReceivedMessage } from './queues.ts';
import { type EventSourceMapping, type FunctionConfiguration, roleOf, type World } from './world.ts';

export interface PollerDeps {
  readonly world: World;
  readonly now: () => number;
  readonly queues: Pick<Queues, 'receive' | 'remove'>;
  readonly pool: Pick<ContainerPool, 'invoke'>;
  /** The time that receiving or deleting messages takes. Default: none. */
  readonly latencyMs?: number;
}

/** The interval between two polls of an empty queue. */
const POLL_MS = 40;

/** Without a limit, Lambda starts with five concurrent batches and scales up. The sandbox stays at five. */
const DEFAULT_CONCURRENCY = 5;

/**
 * Receives messages from queues and invokes functions with them, as Lambda's event source mappings do.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 * @returns a function that stops the poller; it does not interrupt batches in progress.
 */
export function startPoller(deps: PollerDeps): () => void {
  const { latencyMs = 0 } = deps;
  const running = new Map<string, number>();
  let isStopped = false;

  function poll(): void {
    if (isStopped) return;
    for (const mapping of Object.values(deps.world.mappings)) {
      const { configuration, activeAt } = deps.world.functions[functionName(mapping.functionArn)] ?? {};
      if (!configuration || deps.now() < (activeAt ?? 0) || !isPolling(deps, mapping)) continue;
      // Lambda polls as the function's role.
      if (findMissingRight(roleOf(deps.world, configuration.Role), mapping.queueArn)) continue;
      const most = mapping.maximumConcurrency ?? DEFAULT_CONCURRENCY;
      for (let free = most - (running.get(mapping.uuid) ?? 0); free > 0; free -= 1) {
        count(mapping, 1);
        void handleBatch(mapping, configuration).then((hasWorked) => {
          count(mapping, -1);
          if (hasWorked) poll();
        });
      }
    }
  }

  /** @returns whether there was a batch. */
  async function handleBatch(mapping: EventSourceMapping, configuration: FunctionConfiguration) {
    if (latencyMs > 0) await delay(latencyMs);
    if (isStopped) return false;
    const messages = deps.queues.receive(mapping.queueArn, Math.min(10, mapping.batchSize)) ?? [];
    if (messages.length === 0) return false;
    const event = { Records: messages.map((message) => recordOf(mapping, message)) };
    const outcome = await deps.pool.invoke(configuration, event);
    if (latencyMs > 0) await delay(latencyMs);
    if (!isStopped) settle(mapping, messages, outcome);
    return true;
  }

  function count({ uuid }: EventSourceMapping, change: number): void {
    running.set(uuid, (running.get(uuid) ?? 0) + change);
  }

  /** Deletes the processed messages. The others become visible again when their visibility timeout ends. */
  function settle(mapping: EventSourceMapping, messages: readonly ReceivedMessage[], outcome: Outcome): void {
    const failed = failedIds(mapping, messages, outcome);
    for (const { messageId, receiptHandle } of messages) {
      if (!failed.has(messageId)) deps.queues.remove(mapping.queueArn, receiptHandle);
    }
  }

  const timer = setInterval(poll, POLL_MS);
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

/**
 * Returns the IDs of a batch's failed messages: all of them when the function failed or its response is invalid.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedIds(
  { responseTypes }: Pick<EventSourceMapping, 'responseTypes'>,
  messages: readonly Pick<ReceivedMessage, 'messageId'>[],
  outcome: Outcome,
): ReadonlySet<string> {
  const all = new Set(messages.map(({ messageId }) => messageId));
  if (!outcome.isOk) return all;
  if (!responseTypes.includes('ReportBatchItemFailures')) return new Set();
  const { batchItemFailures } = (outcome.result ?? {}) as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set();
  if (!Array.isArray(batchItemFailures)) return all;
  const ids = batchItemFailures.map(
    (failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier,
  );
  const isKnown = (id: unknown): id is string => typeof id === 'string' && all.has(id);
  return ids.every(isKnown) ? new Set(ids.filter(isKnown)) : all;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf({ queueArn }: EventSourceMapping, message: ReceivedMessage) {
  const messageAttributes: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(message.messageAttributes)) {
    const { StringValue, BinaryValue, DataType } = attribute;
    messageAttributes[name] = {
      stringValue: StringValue,
      binaryValue: BinaryValue,
      stringListValues: [],
      binaryListValues: [],
      dataType: DataType,
    };
  }
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes,
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
}
