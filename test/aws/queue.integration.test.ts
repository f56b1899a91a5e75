import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  type SendMessageBatchCommandInput,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listDeadLetters } from '../../src/app/dead-letters.ts';
import { redrive } from '../../src/app/redrive.ts';
import { sendLaunch } from '../../src/app/send-launch.ts';
import { createSqsMover } from '../../src/aws/move-task.ts';
import { createSqsQueue } from '../../src/aws/queue.ts';
import { completeFilters } from '../../src/fleet/filters.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { largeIndex, SETTINGS } from '../app/synthetic-lake.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';

describe.each(AWS_TARGETS)('an SQS queue, on $name', ({ start }) => {
  let aws: Aws;
  let sqs: SQSClient;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(async () => {
    await aws.reset();
    sqs = new SQSClient(aws.clientConfig);
    await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
    await sqs.send(new CreateQueueCommand({ QueueName: 'q-dlq' }));
  });
  afterAll(() => aws.stop());

  const clock = createFakeClock();
  const queue = () => createSqsQueue({ sqs }, 'q');
  const deadLetters = () => createSqsQueue({ sqs }, 'q-dlq');
  const waiting = async (name: string) =>
    (await createSqsQueue({ sqs }, name).readDepths())?.waiting ?? Number.NaN;

  async function putDeadLetter(body: unknown, attributes: Record<string, string> = {}): Promise<void> {
    const QueueUrl = await deadLetters().url();
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    );
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
        MessageAttributes,
      }),
    );
  }

  /** Answers the next calls of each name with these outputs, or throws them. @returns the calls, as they are made. */
  function answerMoves(answers: Record<string, unknown[]>) {
    const asked: { readonly name: string; readonly input: unknown }[] = [];
    sqs.middlewareStack.add(
      (next, { commandName: name = '' }) =>
        async (args) => {
          const output = answers[name]?.shift();
          if (output === undefined) return next(args);
          asked.push({ name, input: args.input });
          if (output instanceof Error) throw output;
          return { response: {}, output: { $metadata: {}, ...(output as object) } };
        },
      { step: 'initialize' },
    );
    return asked;
  }

  it('accepts each partition of a fleet once, although some entries fail at first (partial batch failure)', async () => {
    let calls = 0;
    sqs.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'SendMessageBatchCommand') return next(args);
        calls += 1;
        const input = args.input as SendMessageBatchCommandInput & {
          Entries: SendMessageBatchRequestEntry[];
        };
        const [first] = input.Entries;
        if (calls % 3 !== 0 || first === undefined) return next(args);
        // In every third call, the first entry is not sent, and SQS reports that.
        const Entries = input.Entries.slice(1);
        if (Entries.length === 0) return next(args);
        const answer = await next({ ...args, input: { ...input, Entries } });
        const Failed = [{ Id: first.Id, Code: 'InternalError', SenderFault: false }];
        return { ...answer, output: { ...answer.output, Failed } };
      },
      { step: 'initialize' },
    );
    const lake = new MemoryLake();
    const plan = planFleet({
      index: largeIndex(45),
      filters: completeFilters({}, clock.now()),
      settings: SETTINGS,
      summaries: new Map(),
      nowMs: clock.now(),
    });
    const report = await sendLaunch({ lake, queue: queue(), clock, random: () => 0.5 }, plan, {
      queueName: 'q',
    });
    expect(report).toMatchObject({ sent: 45, rejected: 0 });
    expect(report.calls).toBe(calls);
    expect(calls).toBeGreaterThan(5);
    expect(await queue().readDepths()).toEqual({
      waiting: 45,
      inFlight: 0,
      delayed: 0,
      retentionSeconds: 345_600,
    });
    const bodies = new Set<string>();
    for (
      let received = await queue().receive(600);
      received.length > 0;
      received = await queue().receive(600)
    ) {
      for (const { body } of received) bodies.add(body);
    }
    expect(bodies.size).toBe(45);
  });

  it('says what to do when the queue does not exist', async () => {
    const absent = createSqsQueue({ sqs }, 'absent');
    expect(await absent.readDepths()).toBeUndefined();
    await expect(absent.sendBatch([{ id: '0', body: '{}' }])).rejects.toThrow(
      'The queue "absent" does not exist: check its name, or create it with "tdd deploy".',
    );
  });

  it('does not report a queue as absent that SQS hides because a permission is missing', async () => {
    const message = 'The specified queue does not exist or you do not have access to it.';
    const hidden = Object.assign(new Error(message), { name: 'QueueDoesNotExist' });
    answerMoves({ GetQueueUrlCommand: [hidden] });
    await expect(createSqsQueue({ sqs }, 'q').readDepths()).rejects.toThrow(
      'The queue "q" does not exist, or the permission sqs:GetQueueUrl is missing: check its name, create it with "tdd deploy", or grant this permission to the user or role in use.',
    );
  });

  it('lists dead letters with partition, reason and age, and leaves them on their queue', async () => {
    // A worker sets this just before it sends; moto uses the machine's time.
    const at = new Date(Date.now() - 2_000).toISOString();
    await putDeadLetter({ year: 2004, initial: 'AD' }, { reason: '503 five times', run: 'r-1', at });
    await putDeadLetter({ year: 2005, initial: 'TH' });
    await putDeadLetter('nonsense', { reason: 'The message is not JSON.', at: 'yesterday' });
    const { letters } = await listDeadLetters({ deadLetters: deadLetters(), clock });
    expect(letters).toHaveLength(3);
    expect(letters.find(({ reason }) => reason === '503 five times')).toEqual({
      id: expect.any(String),
      partition: { year: 2004, initial: 'AD' },
      reason: '503 five times',
      run: 'r-1',
      since: at,
    });
    const crashed = letters.find(({ partition }) => partition?.initial === 'TH');
    expect(crashed).not.toHaveProperty('reason');
    const nonsense = letters.find(({ partition }) => partition === undefined);
    expect(Date.parse(nonsense?.since ?? '')).toBeGreaterThan(Date.parse('2024-01-01'));
    expect(await waiting('q-dlq')).toBe(3);
  });

  it('redrives all messages one by one when the service has no message move tasks', async () => {
    const unknown = Object.assign(new Error('no such operation'), { name: 'UnknownOperationException' });
    answerMoves({ StartMessageMoveTaskCommand: [unknown] });
    for (let n = 0; n < 25; n += 1) await putDeadLetter({ year: 2000 + n, initial: 'AD' });
    const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
    expect(await redrive({ deadLetters: deadLetters(), queue: queue(), mover, clock })).toEqual({
      moved: 25,
      left: 0,
      undeleted: 0,
      by: 'messages',
    });
    expect([await waiting('q'), await waiting('q-dlq')]).toEqual([25, 0]);
  });

  it('redrives selected messages and leaves the others', async () => {
    for (let n = 0; n < 15; n += 1) await putDeadLetter({ year: 2000 + n, initial: 'AD' });
    const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
    const report = await redrive(
      { deadLetters: deadLetters(), queue: queue(), mover, clock },
      { choose: ({ partition }) => partition?.year === 2003 },
    );
    expect(report).toEqual({ moved: 1, left: 0, undeleted: 0, by: 'messages' });
    expect([await waiting('q'), await waiting('q-dlq')]).toEqual([1, 14]);
    expect((await queue().receive(30)).map(({ partition }) => partition)).toEqual([
      { year: 2003, initial: 'AD' },
    ]);
  });

  it("redrives with SQS's message move task, with an explicit destination", async () => {
    const asked = answerMoves({
      StartMessageMoveTaskCommand: [{ TaskHandle: 'task' }],
      ListMessageMoveTasksCommand: [
        {},
        {},
        { Results: [{ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 3 }] },
        { Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 9 }] },
      ],
    });
    const moved: number[] = [];
    const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
    const report = await redrive(
      { deadLetters: deadLetters(), queue: queue(), mover, clock },
      { onProgress: (count) => moved.push(count) },
    );
    expect(report).toEqual({ moved: 9, left: 0, undeleted: 0, by: 'task' });
    expect(moved).toEqual([0, 3, 9]);
    expect(asked[1]?.input).toEqual({
      SourceArn: 'arn:aws:sqs:us-east-1:000000000000:q-dlq',
      DestinationArn: 'arn:aws:sqs:us-east-1:000000000000:q',
    });
  });

  it('joins a move task that is already running, and cancels it on Ctrl-C', async () => {
    const RUNNING = { Status: 'RUNNING', TaskHandle: 'earlier', StartedTimestamp: 1 };
    const runs = 'There is already a task running. Only one active task is allowed for a source queue arn.';
    const asked = answerMoves({
      StartMessageMoveTaskCommand: [Object.assign(new Error(runs), { name: 'InvalidParameterValue' })],
      ListMessageMoveTasksCommand: Array(3).fill({ Results: [RUNNING] }),
      CancelMessageMoveTaskCommand: [{ ApproximateNumberOfMessagesMoved: 4 }],
    });
    const ending = new AbortController();
    const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
    const moving = redrive(
      { deadLetters: deadLetters(), queue: queue(), mover, clock },
      { signal: ending.signal, onProgress: () => ending.abort(new Error('Ctrl-C')) },
    );
    await expect(moving).rejects.toThrow('Cancelled: SQS stopped after about 4 messages');
    expect(asked.at(-1)).toEqual({ name: 'CancelMessageMoveTaskCommand', input: { TaskHandle: 'earlier' } });
  });

  describe('while SQS lists only the task of an earlier redrive', () => {
    const earlier = {
      Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 4, StartedTimestamp: 1 }],
    };
    const own = {
      Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 9, StartedTimestamp: 2 }],
    };

    it('waits for its own', async () => {
      answerMoves({
        StartMessageMoveTaskCommand: [{ TaskHandle: 'task' }],
        ListMessageMoveTasksCommand: [earlier, earlier, own],
      });
      const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
      const report = await redrive({ deadLetters: deadLetters(), queue: queue(), mover, clock });
      expect(report).toMatchObject({ moved: 9, by: 'task' });
    });

    it('waits for the running one that it has joined', async () => {
      const runs = 'There is already a task running. Only one active task is allowed for a source queue arn.';
      answerMoves({
        StartMessageMoveTaskCommand: [Object.assign(new Error(runs), { name: 'InvalidParameterValue' })],
        ListMessageMoveTasksCommand: [earlier, earlier, own],
      });
      const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
      const report = await redrive({ deadLetters: deadLetters(), queue: queue(), mover, clock });
      expect(report).toMatchObject({ moved: 9, by: 'task' });
    });

    it('cancels its own on Ctrl-C', async () => {
      const asked = answerMoves({
        StartMessageMoveTaskCommand: [{ TaskHandle: 'task' }],
        ListMessageMoveTasksCommand: [earlier, earlier, earlier],
        CancelMessageMoveTaskCommand: [{ ApproximateNumberOfMessagesMoved: 2 }],
      });
      const mover = createSqsMover({ sqs }, { deadLetters: deadLetters(), queue: queue() });
      await mover.start();
      expect(await mover.read()).toEqual({ state: 'running', moved: 0 });
      expect(await mover.stop()).toBe(2);
      expect(asked.at(-1)).toEqual({ name: 'CancelMessageMoveTaskCommand', input: { TaskHandle: 'task' } });
    });
  });

  it('counts a dead letter as in flight while it is hidden', async () => {
    await putDeadLetter({ year: 2004, initial: 'AD' });
    const [received] = await deadLetters().receive(60);
    expect(await deadLetters().readDepths()).toMatchObject({ waiting: 0, inFlight: 1 });
    await deadLetters().makeVisible([received?.receipt ?? '']);
    expect(await deadLetters().readDepths()).toMatchObject({ waiting: 1, inFlight: 0 });
  });

  async function receive(name: string) {
    const QueueUrl = await createSqsQueue({ sqs }, name).url();
    const input = { QueueUrl, MessageAttributeNames: ['All'], VisibilityTimeout: 1_000 };
    return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? [];
  }

  it('sends a message, and makes a hidden one visible again by a visibility timeout of 0', async () => {
    await queue().send('a body', { delaySeconds: 0 });
    const [first] = await receive('q');
    expect(first?.Body).toBe('a body');
    expect(await receive('q')).toEqual([]);
    await queue().setVisibility(first?.ReceiptHandle ?? '', 0);
    expect(await receive('q')).toHaveLength(1);
  });

  it('receives as many messages as wanted, with the number of their receives', async () => {
    for (const body of ['one', 'two', 'three']) await queue().send(body);
    const first = await queue().receive(0, 2);
    expect(first.map(({ receives }) => receives)).toEqual([1, 1]);
    const since = first[0]?.firstReceivedMs ?? 0;
    expect(since).toBeGreaterThanOrEqual(first[0]?.sentAtMs ?? 0);
    const again = (await queue().receive(600)).find(({ id }) => id === first[0]?.id);
    expect(again).toMatchObject({ receives: 2, firstReceivedMs: since });
    expect(await queue().delete([again?.receipt ?? ''])).toEqual([]);
    // Lambda deletes again what a worker has deleted.
    expect(await queue().delete([again?.receipt ?? ''])).toEqual([]);
  });

  it('delays a message', async () => {
    await queue().send('later', { delaySeconds: 900 });
    expect(await receive('q')).toEqual([]);
  });

  it('sends to a queue URL, and replaces characters that SQS does not allow in attributes', async () => {
    const byUrl = createSqsQueue({ sqs }, await deadLetters().url());
    const at = '2026-11-22T10:00:00.000Z';
    await byUrl.send('not JSON', { attributes: { reason: 'It held \u0000, \ud800 and 北\u{1f600}.', at } });
    const [letter] = await receive('q-dlq');
    expect(letter?.Body).toBe('not JSON');
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'It held ?, ? and 北\u{1f600}.' },
      at: { StringValue: at },
    });
    expect(Object.keys(letter?.MessageAttributes ?? {}).sort()).toEqual(['at', 'reason']);
  });
});
