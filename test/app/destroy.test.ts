import { expect, test } from 'vitest';
import { destroy } from '../../src/app/destroy.ts';
import type { DestroyPlan } from '../../src/deploy/destroy.ts';
import { UsageError } from '../../src/errors.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const PLAN: DestroyPlan = {
  resources: [
    { kind: 'function', name: 'worker', action: 'delete', notes: [] },
    { kind: 'bucket', name: 'films', action: 'delete', notes: [] },
  ],
};

test.each([
  [{ functionName: '' }, 'functionName must be the name of the function to delete, "worker" (got "").'],
  [{ functionName: 'other', bucketName: 'films' }, '"worker" (got "other").'],
  [{ functionName: 'worker' }, 'bucketName must be the name of the bucket to delete, "films" (got no name).'],
  [{ functionName: 'worker', bucketName: 'Films' }, '"films" (got "Films").'],
])('destroy deletes nothing when %o does not confirm the plan', async (confirmation, message) => {
  const client = { send: () => Promise.reject(new Error('AWS was called')) };
  const clients = { iam: client, lambda: client, sqs: client, s3: client, logs: client, sts: client };
  const connection = { clients: { ...clients, region: client.send }, clock: createFakeClock() };
  const destroyed = destroy(connection, PLAN, confirmation);
  await expect(destroyed).rejects.toThrow(UsageError);
  await expect(destroyed).rejects.toThrow(message);
});
