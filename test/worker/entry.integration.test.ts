import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { createS3Lake } from '../../src/lake/s3/s3-lake.ts';
import type { SqsEvent } from '../../src/worker/handler.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { startS3Front } from '../support/s3-front.ts';
import { type BundledWorker, bundleWorker, fetchNode } from './bundled-worker.ts';
import { createEventSource } from './create-event-source.ts';

/** `TDD_TEST_NODES=22,24` adds Node versions, which are installed from the npm registry. */
const others = process.env.TDD_TEST_NODES?.split(',') ?? [];
const nodes = [`this Node (${process.version})`, ...others.map((version) => `Node ${version}`)];

describe.each(AWS_TARGETS)('the bundled worker in an empty folder, on $name', ({ name, start }) => {
  const catalogue = createCatalogue({ initialOf }, { titles: 200, othersPerTitle: 1, years: [2004] });
  let aws: Aws;
  let tmdb: TmdbStandIn;
  let imdb: ImdbStandIn;
  let worker: BundledWorker;
  let sqs: SQSClient;

  beforeAll(async () => {
    [aws, tmdb, imdb, worker] = await Promise.all([
      start(),
      startTmdbStandIn({ catalogue }),
      startImdbStandIn({ source: catalogue }),
      bundleWorker(),
    ]);
    sqs = new SQSClient(aws.clientConfig);
  });
  afterEach(() => tmdb.setKeyRevoked(false));
  afterAll(async () => {
    sqs.destroy();
    await Promise.all([aws.stop(), tmdb.stop(), imdb.stop(), worker.remove()]);
  });

  /** Sends a message and receives it as Lambda's poller does. */
  async function deliver(queueUrl: string, body: string): Promise<SqsEvent> {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageSystemAttributeNames: ['All'] });
    const { Messages = [] } = await sqs.send(command);
    return {
      Records: Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        attributes: {
          ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? '',
          ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? '',
        },
      })),
    };
  }

  async function createQueue(name: string): Promise<string> {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    return QueueUrl;
  }

  /** The function's environment variables. */
  function environment(bucket: string): Record<string, string> {
    return {
      ...aws.env,
      DATALAKE_BUCKET_NAME: bucket,
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb.url,
      TMDB_REQUESTS_PER_SECOND: '2000',
      IMDB_DATASETS_URL: imdb.url,
    };
  }

  it.each(nodes)(
    'downloads a partition to S3 and sends an invalid message to the dead-letter queue, on %s',
    async (label) => {
      const version = /^Node (.+)$/.exec(label)?.[1];
      const node = version === undefined ? process.execPath : await fetchNode(version);
      await aws.reset();
      const bucket = await aws.createBucket();
      const [queueUrl, deadLetterQueueUrl] = [await createQueue('q'), await createQueue('q-dlq')];
      const partition = { year: 2004, initial: 'TH' };
      const events = [
        await deliver(queueUrl, '{"year": "2004", "initial": "TH"}'),
        await deliver(queueUrl, '{"year": "2004", "initial": "../"}'),
      ];
      const { answers, log, output } = await worker.handle(events, {
        node,
        env: {
          ...environment(bucket),
          TDD_QUEUE_URL: queueUrl,
          TDD_DLQ_URL: deadLetterQueueUrl,
        },
      });

      expect(answers).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
      expect(log.map(({ level }) => level)).toEqual(['INFO', 'ERROR']);
      expect(output).not.toContain(SANDBOX_API_KEY);
      const lake = createS3Lake({ s3: aws.s3, bucket });
      const report = await verifyLake({ lake, catalogue }, { partitions: [partition] });
      expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [] });
      expect(report.movies).toBeGreaterThan(10);

      const command = new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(command);
      expect(Messages.map(({ Body }) => Body)).toEqual(['{"year": "2004", "initial": "../"}']);
      expect(Messages[0]?.MessageAttributes?.reason?.StringValue).toMatch(/invalid "initial"/);
    },
  );

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  it('sends a message to the dead-letter queue with the policy that denies its writes', async () => {
    await aws.reset();
    const bucket = await aws.createBucket();
    const queueUrl = await createQueue('queue');
    const event = await deliver(queueUrl, '{"year": 2004, "initial": "TH"}');
    const Records = event.Records.map((record) => ({
      ...record,
      attributes: { ...record.attributes, ApproximateReceiveCount: '5' },
    }));
    const front = await startS3Front(aws.endpoint);
    const message =
      'User: arn:aws:sts::123456789012:assumed-role/worker/films is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::films/k" with an explicit deny in a service control policy';
    front.fault = ({ method }) =>
      method === 'PUT' ? { status: 403, code: 'AccessDenied', message } : undefined;
    const { answers } = await worker.handle([{ Records }], {
      node: process.execPath,
      env: {
        ...environment(bucket),
        AWS_ENDPOINT_URL_S3: front.url,
        TDD_QUEUE_URL: queueUrl,
        TDD_DLQ_URL: await createQueue('queue-dlq'),
      },
    });
    await front.stop();
    expect(answers).toEqual([{ batchItemFailures: [] }]);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue-dlq' }));
    const command = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] });
    const { Messages = [] } = await sqs.send(command);
    expect(Messages[0]?.MessageAttributes?.reason?.StringValue).toMatch(
      /AWS denied s3:PutObject on the bucket ".*" with an explicit deny in a service control policy\. No policy/,
    );
  });

  it('disables its own event source when the key is refused', async () => {
    await aws.reset();
    const bucket = await aws.createBucket();
    const lambda = new LambdaClient(aws.clientConfig);
    const uuid = await createEventSource(aws, lambda);
    const queueUrl = await createQueue('queue');
    const event = await deliver(queueUrl, '{"year": 2004, "initial": "TH"}');
    tmdb.setKeyRevoked(true);
    const { answers, output } = await worker.handle([event], {
      node: process.execPath,
      // Leaves the worker seven seconds: enough on a busy machine, and it waits only that long for Lambda's poller.
      seconds: 52,
      env: {
        ...environment(bucket),
        TDD_QUEUE_URL: queueUrl,
        TDD_DLQ_URL: queueUrl,
        TDD_EVENT_SOURCE_UUID: uuid,
      },
    });
    expect(answers).toEqual([{ batchItemFailures: [{ itemIdentifier: event.Records[0]?.messageId }] }]);
    expect(output).toContain('TMDB rejected the API key');
    expect(output).not.toContain(SANDBOX_API_KEY);
    const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    expect(State).toBe('Disabled');
  });
});
