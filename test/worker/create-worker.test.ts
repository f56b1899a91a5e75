import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { createWorker } from '../../src/worker/create-worker.ts';

const ENV = {
  AWS_REGION: 'us-east-1',
  DATALAKE_BUCKET_NAME: 'a-lake',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
  TDD_QUEUE_URL: 'http://127.0.0.1:9/queue',
  TDD_DLQ_URL: 'http://127.0.0.1:9/queue-dlq',
};

it.each(['DATALAKE_BUCKET_NAME', 'TMDB_API_KEY', 'TDD_QUEUE_URL', 'TDD_DLQ_URL'])(
  'reports that %s is not set',
  (name) => {
    const create = () => createWorker({ env: { ...ENV, [name]: '' }, write: () => {}, userAgent: 'test' });
    expect(create).toThrow(UsageError);
    expect(create).toThrow(name);
  },
);

it('creates a worker from its environment, without sending a request, that handles an empty event', async () => {
  const handler = createWorker({ env: ENV, write: () => {}, userAgent: 'test' });
  const context = { getRemainingTimeInMillis: () => 300_000 };
  expect(await handler({ Records: [] }, context)).toEqual({ batchItemFailures: [] });
});
