import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetBucketTaggingCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { AwsClients } from '../../src/aws/clients.ts';
import {
  retryDuringIamPropagation,
  retryUntilDeadLetterQueuePropagates,
  retryUntilLambdaSeesQueue,
  retryUntilQueueNameIsFree,
  withSettling,
} from '../../src/deploy/eventual-consistency.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $fault: 'client' });
}

const INVALID = 'InvalidParameterValueException';
const NOT_ASSUMABLE = refusal(INVALID, 'The role defined for the function cannot be assumed by Lambda.');

/** A call that fails this many times, and counts its attempts. */
function failing(error: Error, times: number) {
  const call = {
    attempts: 0,
    run: async () => {
      call.attempts += 1;
      if (call.attempts <= times) throw error;
      return 'done';
    },
  };
  return call;
}

describe('IAM propagation', () => {
  test.each([
    NOT_ASSUMABLE,
    refusal(INVALID, 'The function execution role does not have permissions to call ReceiveMessage on SQS'),
    refusal(INVALID, 'because the KMS key is invalid for CreateGrant. Please check your KMS key settings.'),
  ])('is retried: $message', async (error) => {
    const clock = createFakeClock(0);
    const limits: number[] = [];
    const onWait = (limitMs: number) => void limits.push(limitMs);
    const call = failing(error, 3);
    expect(await retryDuringIamPropagation({ clock, onWait }, 0, call.run)).toBe('done');
    expect(call.attempts).toBe(4);
    expect(limits).toEqual([120_000]);
  });

  test('ends two minutes after the change', async () => {
    const clock = createFakeClock(100_000);
    const call = failing(NOT_ASSUMABLE, Number.POSITIVE_INFINITY);
    await expect(retryDuringIamPropagation({ clock }, 70_000, call.run)).rejects.toBe(NOT_ASSUMABLE);
    expect(clock.now()).toBeGreaterThan(185_000);
    expect(clock.now()).toBeLessThanOrEqual(190_000);
  });

  test.each([
    ['nothing changed', undefined, NOT_ASSUMABLE],
    ['the change is old', -120_000, NOT_ASSUMABLE],
    ['the message is another one', 0, refusal(INVALID, 'MemorySize is too large')],
    ['the error name is another one', 0, refusal('AccessDenied', NOT_ASSUMABLE.message)],
  ])('is not retried when %s', async (_, changedAt, error) => {
    const clock = createFakeClock(0);
    const call = failing(error, 1);
    await expect(retryDuringIamPropagation({ clock }, changedAt, call.run)).rejects.toBe(error);
    expect(call.attempts).toBe(1);
  });
});

describe("SQS's eventual consistency is retried:", () => {
  const target = refusal('InvalidParameterValue', 'Reason: Dead letter target does not exist.');
  test.each([
    [
      'a visibility timeout that is not seen yet',
      retryUntilLambdaSeesQueue,
      refusal(INVALID, 'Queue visibility timeout: 30 seconds is less than Function timeout: 300 seconds'),
    ],
    [
      'a queue that Lambda does not see yet',
      retryUntilLambdaSeesQueue,
      refusal(
        INVALID,
        'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
      ),
    ],
    ['a dead-letter queue that is not seen yet', retryUntilDeadLetterQueuePropagates, target],
    ['a dead-letter queue that is not seen yet when a queue is created', retryUntilQueueNameIsFree, target],
    [
      'the name of a recently deleted queue',
      retryUntilQueueNameIsFree,
      refusal('AWS.SimpleQueueService.QueueDeletedRecently', 'You must wait 60 seconds'),
    ],
  ])('%s', async (_, retry, error) => {
    const clock = createFakeClock(0);
    expect(await retry({ clock }, failing(error, 3).run)).toBe('done');
    await expect(retry({ clock }, failing(error, Number.POSITIVE_INFINITY).run)).rejects.toBe(error);
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    const other = refusal('InternalError', 'no');
    await expect(retry({ clock }, failing(other, 1).run)).rejects.toBe(other);
  });
});

test('what does not exist is looked up again for two minutes, but only in a service in which the deploy has created something', async () => {
  const clock = createFakeClock(0);
  const absent = refusal('NoSuchBucket', 'The specified bucket does not exist');
  const send = async (command: object) => {
    if (command instanceof GetBucketTaggingCommand) throw absent;
    return {};
  };
  const { s3, iam } = withSettling({ s3: { send }, iam: { send } } as unknown as AwsClients, { clock });
  const read = () => s3.send(new GetBucketTaggingCommand({ Bucket: 'films' }));
  await expect(read()).rejects.toBe(absent);
  await iam.send(new CreateRoleCommand({ RoleName: 'films', AssumeRolePolicyDocument: '' }));
  await expect(read()).rejects.toBe(absent);
  expect(clock.now()).toBe(0);
  await s3.send(new CreateBucketCommand({ Bucket: 'films' }));
  await expect(read()).rejects.toBe(absent);
  expect(clock.now()).toBe(120_000);
});
