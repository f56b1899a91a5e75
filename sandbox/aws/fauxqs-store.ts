import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildApp } from 'fauxqs';

/** A message as fauxqs keeps it, with two fields of ours. Plain JSON. */
export interface StoredMessage {
  messageId: string;
  body: string;
  md5OfBody: string;
  messageAttributes: Record<string, unknown>;
  sentTimestamp: number;
  approximateReceiveCount: number;
  approximateFirstReceiveTimestamp?: number;
  delayUntil?: number;
  /** The queue that it was sent to. */
  firstQueueArn?: string;
  /** The queue that a redrive policy took it from. */
  deadLetterSourceArn?: string;
}

/** The part of one of its queues that the sandbox looks into. */
export interface StoredQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly attributes: Record<string, string>;
  readonly tags: Map<string, string>;
  readonly messages: StoredMessage[];
  readonly delayedMessages: StoredMessage[];
  readonly inflightMessages: Map<string, { message: StoredMessage; visibilityDeadline: number }>;
  enqueue(message: StoredMessage): void;
  deleteMessage(receiptHandle: string): boolean;
  dequeue(
    maxMessages: number,
    visibilityTimeoutSeconds: number | undefined,
    resolve: (arn: string) => StoredQueue | undefined,
  ): {
    MessageId: string;
    ReceiptHandle: string;
    Body: string;
    MD5OfBody: string;
    MessageAttributes?: unknown;
  }[];
}

/** The part of fauxqs' SqsStore that the sandbox looks into. */
export interface QueueStore {
  readonly queues: Map<string, StoredQueue>;
  createQueue(
    name: string,
    url: string,
    arn: string,
    attributes?: Record<string, string>,
    tags?: Record<string, string>,
  ): StoredQueue;
  getQueue(url: string): StoredQueue | undefined;
  getQueueByArn(arn: string): StoredQueue | undefined;
  /** Shows messages again whose visibility time-out or delay is over. */
  processAllTimers(): void;
  shutdown(): void;
}

/** fauxqs' SQS, and the store behind it. */
export interface Fauxqs {
  readonly store: QueueStore;
  /** One call in SQS' JSON protocol; queue URLs are those of the store. */
  call(
    target: string,
    authorization: string,
    input: unknown,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }>;
  close(): Promise<void>;
}

/**
 * Starts fauxqs. Its package exports the server but not the store, which alone can be put down and taken up again
 * and told that time has passed; so the store's file is loaded by its path (the version is pinned for that).
 */
export async function openFauxqs(region: string): Promise<Fauxqs> {
  const file = new URL('./sqs/sqsStore.js', import.meta.resolve('fauxqs'));
  const { SqsStore } = (await import(file.href)) as { SqsStore: new () => QueueStore };
  const store = new SqsStore();
  const createQueue = store.createQueue.bind(store);
  store.createQueue = (...args) => rememberOrigins(createQueue(...args));

  const options = { logger: false, defaultRegion: region, stores: { sqsStore: store } };
  const app = buildApp(options as unknown as NonNullable<Parameters<typeof buildApp>[0]>);
  // A socket of its own, since the package that Fastify injects requests with does not run on every Node 20.
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  return {
    store,
    call: (target, authorization, input) =>
      new Promise((resolve, reject) => {
        const headers = {
          // fauxqs makes queue URLs of this.
          host: 'localhost',
          authorization,
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': target,
        };
        const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent, headers }, (answer) => {
          text(answer).then(
            (body) =>
              resolve({ status: answer.statusCode ?? 500, headers: pickHeaders(answer.headers), body }),
            reject,
          );
        });
        outgoing.once('error', reject);
        outgoing.end(JSON.stringify(input));
      }),
    close: async () => {
      agent.destroy();
      await app.close();
    },
  };
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of ['content-type', 'x-amzn-query-error', 'x-amz-request-id']) {
    if (headers[name] !== undefined) picked[name] = String(headers[name]);
  }
  return picked;
}

/** A message that turns up in another queue than it was sent to was redriven: real SQS tells from where. */
function rememberOrigins(queue: StoredQueue): StoredQueue {
  const enqueue = queue.enqueue.bind(queue);
  queue.enqueue = (message) => {
    if (message.firstQueueArn === undefined) message.firstQueueArn = queue.arn;
    else if (message.firstQueueArn !== queue.arn) message.deadLetterSourceArn = message.firstQueueArn;
    enqueue(message);
  };
  return queue;
}
