import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorker } from '../src/worker/create-worker.ts';
import { createDeadline } from '../src/worker/deadline.ts';
import { decideNext, type Outcome } from '../src/worker/decide-next.ts';
import { deadLetterQueueName, WORKER_VARIABLES, WORKING_SECONDS } from '../src/worker-contract.ts';
import { createCloud, deploy, INPUT, NAMES } from './deploy/cloud.ts';
import { AWS_TARGETS, type Aws } from './support/aws-targets.ts';
import { createFakeClock } from './support/fake-clock.ts';

describe.each(AWS_TARGETS)(
  'what deploy configures on $name matches what the worker assumes:',
  ({ start }) => {
    let aws: Aws;
    let found: FunctionConfiguration;
    let queue: Readonly<Record<string, string>>;
    let deadLetters: Readonly<Record<string, string>>;
    let batchSize: number | undefined;

    beforeAll(async () => {
      aws = await start();
      const cloud = createCloud(aws);
      await deploy(cloud);
      const { lambda, sqs } = cloud.byHand;
      found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: NAMES.function }));
      const attributesOf = async (QueueName: string) => {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
        const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
        return (await sqs.send(command)).Attributes ?? {};
      };
      queue = await attributesOf(INPUT.queueName);
      deadLetters = await attributesOf(deadLetterQueueName(INPUT.queueName));
      const command = new ListEventSourceMappingsCommand({ FunctionName: NAMES.function });
      batchSize = (await lambda.send(command)).EventSourceMappings?.[0]?.BatchSize;
    });
    afterAll(() => aws.stop());

    it("the worker starts with the function's environment variables, and none are missing", () => {
      const env = found.Environment?.Variables ?? {};
      const create = (variables: Record<string, string>) =>
        createWorker({ env: variables, write: () => {}, userAgent: 'test' });
      expect(create(env)).toBeTypeOf('function');
      expect(Object.values(WORKER_VARIABLES).filter((name) => !env[name])).toEqual([]);
    });

    it('a full invocation starts titles for WORKING_SECONDS', async () => {
      const clock = createFakeClock();
      const startedMs = clock.now();
      const deadline = createDeadline({ clock }, (found.Timeout ?? 0) * 1_000);
      const stopped = new Promise<number>((resolve) => {
        deadline.stop.addEventListener('abort', () => resolve(clock.now()));
      });
      expect((await stopped) - startedMs).toBe(WORKING_SECONDS * 1_000);
      expect(deadline.abort.aborted).toBe(false);
      deadline.cancel();
    });

    it('a message that fails at its last permitted receive becomes a dead letter with a reason', () => {
      const { maxReceiveCount } = JSON.parse(queue.RedrivePolicy ?? '{}') as { maxReceiveCount: number };
      const outcome: Outcome = { kind: 'failed', reason: 'One title failed.' };
      const at = (receives: number) =>
        decideNext(outcome, { receives, firstReceivedMs: 0 }, { nowMs: 0, random: () => 0 });
      expect(at(maxReceiveCount - 1)).toMatchObject({ action: 'return' });
      expect(at(maxReceiveCount)).toEqual({ action: 'deadLetter', reason: 'One title failed.' });
    });

    it('the visibility timeout is six function timeouts and shorter than the retention period', () => {
      expect(Number(queue.VisibilityTimeout)).toBe(6 * (found.Timeout ?? 0));
      expect(Number(queue.MessageRetentionPeriod)).toBeGreaterThan(Number(queue.VisibilityTimeout));
      expect(deadLetters.MessageRetentionPeriod).toBe(queue.MessageRetentionPeriod);
    });

    it('an invocation receives one message', () => {
      expect(batchSize).toBe(1);
    });
  },
);
