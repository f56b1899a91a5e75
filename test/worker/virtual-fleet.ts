import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueArn } from '../../sandbox/aws/queue-store.ts';
import { type Queues, startQueues } from '../../sandbox/aws/queues.ts';
import { createSqsQueue } from '../../src/aws/queue.ts';
import type { Clock } from '../../src/clock.ts';
import { type PartitionIndex, writePartitionMap } from '../../src/imdb/partition-index.ts';
import { indexMapKey, indexRowsKey } from '../../src/lake/keys.ts';
import { createSourceClaim } from '../../src/lake/source.ts';
import { writeMessage } from '../../src/message.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import type { HttpGet } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { createHandler } from '../../src/worker/handler.ts';
import { createJsonLog } from '../../src/worker/log.ts';
import { readTitles } from '../../src/worker/work-partition.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../src/worker-contract.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { API_KEY, movieAnswer } from './worker-harness.ts';

const QUEUE = 'virtual-queue';
const REGION = 'us-east-1';
const DAY = '2026-11-22';
const TYPES = ['movie'];
const YEAR = 2004;
const SOURCE = { tmdb: 'http://tmdb.test', imdb: 'http://imdb.test' };
const SETTINGS = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;

/** Sizes of partitions in the proportions of IMDb's: 12 titles on average, a quarter of them with one. */
const SIZES = [
  [10, 1],
  [5, 2],
  [4, 3],
  [3, 4],
  [2, 5],
  [2, 6],
  [2, 8],
  [2, 10],
  ...[12, 14, 16, 18, 20, 24, 30, 40, 64, 140].map((titles) => [1, titles] as const),
] as const;

/** Returns the sizes of 40 partitions with 480 titles, or a multiple of that, in the order of a launch: largest first. */
export function imdbSizes(times = 1): number[] {
  return SIZES.toReversed().flatMap(([count, titles]) => new Array<number>(count * times).fill(titles));
}

/** What a fleet in virtual time has done. Times are in milliseconds. */
export interface VirtualRun {
  /** When each request to TMDB was sent, and by which worker. */
  readonly sends: readonly { readonly atMs: number; readonly worker: number }[];
  /** The share of the rate that it used from the first request until no message was waiting. */
  readonly rateShare: number;
  /** The log lines of the workers. */
  readonly lines: readonly string[];
  readonly lake: MemoryLake;
}

/** The latencies of the services, in milliseconds. */
export interface Latencies {
  readonly tmdbMs: number;
  readonly lakeMs: number;
  readonly queueMs: number;
}

/**
 * Runs a fleet of workers in virtual time: code takes none, and every call its latency. So the result depends neither on
 * the machine nor on its load.
 * @param sizes the number of titles of each partition, in sending order.
 */
export async function runVirtualFleet(
  sizes: readonly number[],
  {
    workers = 4,
    requestsPerSecond = 40,
    latencies: { tmdbMs, lakeMs, queueMs } = { tmdbMs: 80, lakeMs: 40, queueMs: 40 },
  }: {
    readonly workers?: number;
    readonly requestsPerSecond?: number;
    readonly latencies?: Latencies;
  } = {},
): Promise<VirtualRun> {
  const clock = createFakeClock();
  const startedMs = clock.monotonic();
  const lake = new MemoryLake();
  const partitions = putIndex(lake, sizes);
  lake.beforeCall = (_name, _key, options) => clock.sleep(lakeMs, options?.signal);
  const queues = startQueues({ nameDelayMs: 0, now: clock.now });
  const arn = queueArn(QUEUE, REGION);
  const queueUrl = `https://sqs.test/1/${QUEUE}`;
  const sends: { atMs: number; worker: number }[] = [];
  const lines: string[] = [];
  let emptiedMs = 0;
  const sqs = createSqs(queues, clock, queueMs, () => {
    emptiedMs = clock.monotonic() - startedMs;
  });
  await callQueue(queues, 'CreateQueue', { QueueName: QUEUE });
  for (const initial of partitions) {
    const body = writeMessage({ year: YEAR, initial, snapshot: DAY, run: 'run-1', hop: 0 });
    await callQueue(queues, 'SendMessage', { QueueUrl: QUEUE, MessageBody: body });
  }
  let busy = 0;
  await Promise.all(Array.from({ length: workers }, (_, worker) => poll(worker)));
  const permitted = ((emptiedMs - (sends[0]?.atMs ?? 0)) / 1_000) * requestsPerSecond;
  const rateShare = sends.filter(({ atMs }) => atMs <= emptiedMs).length / permitted;
  return { sends, rateShare, lines, lake };

  /** Lambda's poller: hands one message after the other to a worker, until the fleet is done. */
  async function poll(worker: number): Promise<void> {
    const handler = createVirtualWorker(worker);
    for (;;) {
      await clock.sleep(queueMs);
      const [message] = queues.receive(arn, 1) ?? [];
      if (message === undefined) {
        if (busy === 0) return;
        continue;
      }
      emptiedMs = clock.monotonic() - startedMs;
      busy += 1;
      const endsAtMs = clock.monotonic() + FUNCTION_TIMEOUT_SECONDS * 1_000;
      const { ApproximateReceiveCount = '', ApproximateFirstReceiveTimestamp = '' } = message.attributes;
      const attributes = { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp };
      const { batchItemFailures } = await handler(
        { Records: [{ ...message, attributes }] },
        { getRemainingTimeInMillis: () => endsAtMs - clock.monotonic() },
      );
      await clock.sleep(queueMs);
      if (batchItemFailures.length === 0) queues.remove(arn, message.receiptHandle);
      busy -= 1;
    }
  }

  function createVirtualWorker(worker: number) {
    const http: HttpGet = async (url, { signal }) => {
      sends.push({ atMs: clock.monotonic() - startedMs, worker });
      await clock.sleep(tmdbMs, signal);
      return movieAnswer(url.pathname);
    };
    const pacer = createPacer({ requestsPerSecond: requestsPerSecond / workers, clock });
    const random = () => 0.5;
    const queue = createSqsQueue({ sqs }, queueUrl);
    return createHandler({
      lake,
      clock,
      random,
      tmdb: createTmdbClient({ http, pacer, clock, random, baseUrl: SOURCE.tmdb, apiKey: API_KEY }),
      settings: SETTINGS,
      source: createSourceClaim({ lake }, SOURCE),
      readTitles: (partition, day, signal) =>
        readTitles(
          { lake, clock, datasetsUrl: SOURCE.imdb, source: SOURCE, userAgent: 'test', titleTypes: TYPES },
          partition,
          day,
          signal,
        ),
      queue,
      deadLetters: queue,
      log: createJsonLog({ write: (line) => lines.push(line), clock, secret: API_KEY }),
    });
  }
}

/** Adds an index with partitions of these sizes. @returns their initials. */
function putIndex(lake: MemoryLake, sizes: readonly number[]): string[] {
  const ranges: Record<string, [number, number, number]> = {};
  let text = '';
  let id = 0;
  for (const [place, size] of sizes.entries()) {
    const offset = text.length;
    for (let title = 0; title < size; title += 1) {
      id += 1;
      text += `tt${String(id).padStart(7, '0')}\tAdventure\n`;
    }
    ranges[initialOfPlace(place)] = [offset, text.length - offset, size];
  }
  const key = indexRowsKey(DAY, TYPES, 'hash');
  const etag = lake.put(key, text);
  const index: PartitionIndex = {
    snapshot: DAY,
    titleTypes: TYPES,
    rows: { key, etag, sizeBytes: text.length },
    partitions: { [YEAR]: ranges },
    withoutYear: { offset: text.length, length: 0, count: 0, titles: [] },
    rowCounts: { rows: id, wanted: id, bad: 0 },
  };
  lake.put(indexMapKey(DAY, TYPES), writePartitionMap(index));
  return Object.keys(ranges);
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function initialOfPlace(place: number): string {
  return `${LETTERS[Math.floor(place / LETTERS.length)]}${LETTERS[place % LETTERS.length]}`;
}

/** Creates a client of the stand-in for SQS whose calls take `latencyMs`. @param onReceived called when it receives messages. */
function createSqs(
  queues: Queues,
  clock: Clock,
  latencyMs: number,
  onReceived: () => void,
): Pick<SQSClient, 'send'> {
  const send = async (command: {
    readonly input: object;
    readonly constructor: { readonly name: string };
  }) => {
    await clock.sleep(latencyMs);
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
