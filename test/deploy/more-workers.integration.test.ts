import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyDeployment } from '../../src/deploy/apply.ts';
import type { DeploymentInput } from '../../src/deploy/names.ts';
import { basisOf, planDeployment } from '../../src/deploy/plan.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { type Cloud, createCloud, deploy, INPUT, interruptAfterEachCall, stateOf, ZIP } from './cloud.ts';

const MORE: DeploymentInput = { ...INPUT, workers: 8 };
const WAIT = { resource: 'eventSource', action: 'wait for running workers' };

describe.each(AWS_TARGETS)('a deploy that adds workers to a running fleet, on $name', ({ name, start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test('starts no new worker until those with the larger share of the rate budget have finished', async () => {
    const cloud = createCloud(aws);
    const atWork = await startFleet(cloud);
    const callCount = cloud.changes.length;
    const states: string[] = [];
    const before = cloud.clock.now();
    await deploy(cloud, MORE, ZIP, ({ action }, state) => {
      states.push(`${action}: ${state}`);
      if (action === WAIT.action && state === 'waiting') void atWork.end();
    });
    expect(cloud.changes.slice(callCount)).toEqual([
      'lambda:TagResource',
      'lambda:UpdateEventSourceMapping',
      'lambda:UpdateFunctionConfiguration',
      'lambda:UpdateEventSourceMapping',
      'lambda:UpdateEventSourceMapping',
      'lambda:UntagResource',
    ]);
    const updates = cloud.calls.filter(({ operation }) => operation === 'UpdateEventSourceMapping');
    expect(updates.map(({ input }) => input.Enabled)).toEqual([false, undefined, true]);
    expect(states).toContain(`${WAIT.action}: waiting`);
    expect(cloud.clock.now() - before).toBeLessThan(300_000);
    expect(await stateOf(cloud)).toMatchObject({ eventSource: { enabled: true, maximumConcurrency: 8 } });
    expect((await planDeployment(cloud, { input: MORE, zip: ZIP })).steps).toEqual([]);
  });

  test('is completed with its wait by the next deploy after an interruption at any mutating call', async () => {
    const deployMore = (cloud: Cloud) => deploy(cloud, MORE);
    await interruptAfterEachCall(aws, startFleet, deployMore, async (cloud, plan, callCount) => {
      // After the fourth call the event source has its new concurrency, so the earlier workers have finished.
      if (callCount < 4) expect(plan.steps, `interrupted after call ${callCount}`).toContainEqual(WAIT);
      expect(await stateOf(cloud), `interrupted after call ${callCount}`).toMatchObject({
        eventSource: { enabled: true, maximumConcurrency: 8 },
        function: { hasResumeTag: false },
        variables: { TDD_WORKERS: '8' },
      });
    });
  });

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  test("waits at most for the function's timeout, because messages that wait for a retry count as in flight", async () => {
    const cloud = createCloud(aws);
    await startFleet(cloud);
    const before = cloud.clock.now();
    await deploy(cloud, MORE);
    expect(cloud.clock.now() - before).toBe(300_000);
    expect(await stateOf(cloud)).toMatchObject({ eventSource: { enabled: true, maximumConcurrency: 8 } });
  });

  test('stops waiting on Ctrl-C, and the next deploy continues', async () => {
    const cloud = createCloud(aws);
    await startFleet(cloud);
    const ending = new AbortController();
    const plan = await planDeployment(cloud, { input: MORE, zip: ZIP });
    const onStep = (_: unknown, state: string) => state === 'waiting' && ending.abort(new Error('stopped'));
    await expect(applyDeployment(cloud, plan, { signal: ending.signal, onStep })).rejects.toThrow('stopped');
    expect(await stateOf(cloud)).toMatchObject({ eventSource: { enabled: false, maximumConcurrency: 4 } });
    const next = await deploy(cloud, MORE);
    expect(next.resources.find(({ kind }) => kind === 'eventSource')?.notes).toEqual([
      'An interrupted deploy disabled it; this deploy will enable it again.',
    ]);
    expect(await stateOf(cloud)).toMatchObject({ eventSource: { enabled: true, maximumConcurrency: 8 } });
  });

  test('notes in its plan that and why it disables the event source', async () => {
    const cloud = createCloud(aws);
    await startFleet(cloud);
    const plan = await planDeployment(cloud, { input: MORE, zip: ZIP });
    expect(plan.resources.find(({ kind }) => kind === 'eventSource')?.notes).toEqual([
      'It will be disabled until running workers have finished (5 minutes at most), and then enabled again: otherwise, old and new workers together would exceed the rate budget.',
    ]);
  });

  test.each([
    ['the same number of workers', { ...INPUT, memorySizeMb: 1024 }],
    ['fewer workers', { ...INPUT, workers: 2 }],
    [
      'more workers with the same share',
      { ...MORE, environment: { ...INPUT.environment, TMDB_REQUESTS_PER_SECOND: '80' } },
    ],
    [
      'a smaller rate budget',
      { ...INPUT, environment: { ...INPUT.environment, TMDB_REQUESTS_PER_SECOND: '20' } },
    ],
  ])('does not pause the event source for %s', async (_, input) => {
    const cloud = createCloud(aws);
    await startFleet(cloud);
    const plan = await planDeployment(cloud, { input, zip: ZIP });
    expect(plan.steps.map(({ action }) => action)).not.toContain('disable');
    expect(plan.steps).not.toContainEqual(WAIT);
    expect(plan.resources.at(-1)?.notes).toEqual(['It stays enabled.']);
  });
});

/** Deploys, and puts a message in flight. `end` deletes it, as a worker does when it finishes. */
async function startFleet(cloud: Cloud): Promise<{ end(): Promise<unknown> }> {
  const { lambda, sqs } = cloud.byHand;
  await deploy(cloud);
  const { observed } = basisOf(await planDeployment(cloud, { input: INPUT, zip: ZIP }));
  const UUID = observed.eventSource?.id ?? '';
  const QueueUrl = observed.queue?.url ?? '';
  // Disabled temporarily, because moto runs the function for messages that it receives.
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  const ReceiptHandle = Messages?.[0]?.ReceiptHandle;
  return { end: () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })) };
}
