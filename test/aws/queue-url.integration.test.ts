import { join } from 'node:path';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SandboxAws } from '../../sandbox/aws/start-aws.ts';
import { createWorker } from '../../src/worker/create-worker.ts';
import { startInstantAws } from '../support/instant-aws.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolders } from '../support/temp-folder.ts';

/** LocalStack and moto return such URLs: the host name resolves only in some of the places that use them. */
const UNKNOWN_HOST = 'http://sqs.us-east-1.localstack.invalid:4566';
const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'films',
  TDD_QUEUE_NAME: 'films',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
};

describe('a queue URL whose host does not resolve', () => {
  const makeFolder = tempFolders();
  let aws: SandboxAws;
  beforeAll(async () => {
    aws = await startInstantAws(join(makeFolder(), 'aws'), { queueOrigin: UNKNOWN_HOST });
    for (const [name, value] of Object.entries(aws.environment)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });
  const run = (...argv: string[]) => {
    const cwd = makeFolder();
    return runCli(argv, { cwd, env: { ...aws.environment, ...SETTINGS, XDG_CACHE_HOME: cwd } });
  };

  test('is not the endpoint of the command line: calls go to AWS_ENDPOINT_URL', async () => {
    expect(await run('deploy', '--yes', '--quiet')).toMatchObject({ exitCode: 0 });
    expect(await run('status', '--quiet')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('pause', '--quiet')).toMatchObject({ exitCode: 0 });
  });

  test('is not the endpoint of the worker', async () => {
    const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
    const urlOf = async (QueueName: string) =>
      (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
    const deadLetterQueueUrl = await urlOf('films-dlq');
    const queues = { TDD_QUEUE_URL: await urlOf('films'), TDD_DLQ_URL: deadLetterQueueUrl };
    expect(queues.TDD_QUEUE_URL).toContain(UNKNOWN_HOST);
    const log: string[] = [];
    const env = { ...aws.environment, ...SETTINGS, ...queues };
    const handle = createWorker({ env, write: (line) => void log.push(line), userAgent: 'test' });
    const attributes = { ApproximateReceiveCount: '1', ApproximateFirstReceiveTimestamp: '0' };
    const record = { messageId: 'm', receiptHandle: 'r', body: '{"year": "x"}', attributes };
    const answer = await handle({ Records: [record] }, { getRemainingTimeInMillis: () => 300_000 });
    expect(answer).toEqual({ batchItemFailures: [] });
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl }));
    expect(Messages).toMatchObject([{ Body: record.body }]);
    sqs.destroy();
  });
});
