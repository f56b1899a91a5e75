import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueArn } from '../../sandbox/aws/queue-store.ts';
import { type Queues, startQueues } from '../../sandbox/aws/queues.ts';
import { createSqsQueue } from '../../src/aws/queue.ts';
import type { Clock } from '../../src/clock.ts';
import { createSourceClaim } from '../../src/lake/source.ts';
import { writeMessage } from '../../src/message.ts';
import { createHandler } from '../../src/worker/handler.ts';
import { createJsonLog } from '../../src/worker/log.ts';
import { readTitles } from '../../src/worker/read-titles.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../src/worker-contract.ts';
import {
  createVirtualWorld,
  LATENCIES,
  VIRTUAL_SOURCE,
  type VirtualWorld,
} from '../support/virtual-world.ts';
import { API_KEY } from './worker-harness.ts';

const QUEUE = 'virtual-queue';
const QUEUE_URL = `https://sqs.test/1/${QUEUE}`;
const REGION = 'us-east-1';

/** What a fleet in virtual time has done. */
export interface VirtualFleet extends VirtualWorld {
  /** When the last message was received, in milliseconds from the start. */
  readonly emptiedMs: number;
  /** The log lines of the workers. */
  readonly lines: readonly string[];
}

/**
 * Runs a fleet in virtual time, see {@link VirtualWorld}.
 * @param sizes the number of titles of each partition, in sending order.
 */
export async function runVirtualFleet(
  sizes: readonly number[],
  { requestsPerSecond, workers }: { readonly requestsPerSecond: number; readonly workers: number },
): Promise<VirtualFleet> {
  const world = createVirtualWorld(sizes);
  const { clock, lake, partitions, index } = world;
  const queues = startQueues({ nameDelayMs: 0, now: clock.now });
  const arn = queueArn(QUEUE, REGION);
  const lines: string[] = [];
  let emptiedMs = 0;
  const onReceived = () => {
    emptiedMs = world.elapsedMs();
  };
  const sqs = createSqs(queues, clock, onReceived);
  await callQueue(queues, 'CreateQueue', { QueueName: QUEUE });
  for (const partition of partitions) {
    const body = writeMessage({ ...partition, snapshot: index.snapshot, run: 'run-1', hop: 0 });
    await callQueue(queues, 'SendMessage', { QueueUrl: QUEUE_URL, MessageBody: body });
  }
  let busy = 0;
  await Promise.all(Array.from({ length: workers }, poll));
  return { ...world, emptiedMs, lines };

  /** Lambda's poller: hands one message after the other to a worker, until the fleet is done. */
  async function poll(): Promise<void> {
    const handler = createVirtualWorker();
    for (;;) {
      await clock.sleep(LATENCIES.queueMs);
      const [message] = queues.receive(arn, 1) ?? [];
      if (message === undefined) {
        if (busy === 0) return;
        continue;
      }
      onReceived();
      busy += 1;
      const endsAtMs = clock.monotonic() + FUNCTION_TIMEOUT_SECONDS * 1_000;
      const { ApproximateReceiveCount = '', ApproximateFirstReceiveTimestamp = '' } = message.attributes;
      const attributes = { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp };
      const { batchItemFailures } = await handler(
        { Records: [{ ...message, attributes }] },
        { getRemainingTimeInMillis: () => endsAtMs - clock.monotonic() },
      );
      await clock.sleep(LATENCIES.queueMs);
      if (batchItemFailures.length === 0) queues.remove(arn, message.receiptHandle);
      busy -= 1;
    }
  }

  function createVirtualWorker() {
    const queue = createSqsQueue({ sqs }, QUEUE_URL);
    const { titleTypes } = index;
    const source = VIRTUAL_SOURCE;
    const titleDeps = { lake, clock, datasetsUrl: source.imdb, source, userAgent: 'test', titleTypes };
    return createHandler({
      lake,
      clock,
      random: () => 0.5,
      workers,
      tmdb: world.createTmdb(requestsPerSecond / workers),
      settings: { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] },
      titleTypes,
      source: createSourceClaim({ lake }, source),
      readTitles: (partition, day, signal) => readTitles(titleDeps, partition, day, signal),
      queue,
      deadLetters: queue,
      log: createJsonLog({ write: (line) => lines.push(line), clock, secret: API_KEY }),
    });
  }
}

/** Creates a client of the stand-in for SQS whose calls take time. @param onReceived called when it receives messages. */
function createSqs(queues: Queues, clock: Clock, onReceived: () => void): Pick<SQSClient, 'send'> {
  const send = async (command: {
    readonly input: object;
    readonly constructor: { readonly name: string };
  }) => {
    await clock.sleep(LATENCIES.queueMs);
    // Waiting for messages would take real time.
    const input = { ...command.input, WaitTimeSeconds: 0 };
    const output = await callQueue(queues, command.constructor.name.replace(/Command$/, ''), input);
    if ('Messages' in output) onReceived();
    return output;
  };
  return { send } as unknown as Pick<SQSClient, 'send'>;
}

async function callQueue(queues: Queues, action: string, input: object): Promise<object> {
  const { body } = await queues.handle({
    service: 'sqs',
    method: 'POST',
    url: new URL('http://sqs.test/'),
    path: '/',
    headers: { 'x-amz-target': `AmazonSQS.${action}` },
    region: REGION,
    accessKeyId: '',
    body: Buffer.from(JSON.stringify(input)),
    isAborted: () => false,
  });
  return JSON.parse(String(body));
}
