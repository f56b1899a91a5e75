import { EventEmitter } from 'node:events';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Counts } from '../../../src/download/manifest.ts';
import { writePartitionMap } from '../../../src/imdb/partition-index.ts';
import { indexMapKey } from '../../../src/lake/keys.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { type PartitionMessage, parseMessage } from '../../../src/message.ts';
import { indexOf, manifestOf } from '../../app/synthetic-lake.ts';
import { type Aws, SANDBOX_ONLY } from '../../support/aws-targets.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const BUCKET = 'simulated-lake';
const SIMULATE = ['simulate', '--year', '2004', '--initial', 'ad', '--queue-name', 'q'];
const WAIT = [...SIMULATE, '--wait', '--datalake-bucket-name', BUCKET];

describe.each(SANDBOX_ONLY)('tdd simulate', ({ start }) => {
  let aws: Aws;
  let sqs: SQSClient;
  let queueUrl = '';
  let deadLetterQueueUrl = '';
  beforeAll(async () => {
    aws = await start();
    sqs = new SQSClient(aws.clientConfig);
  });
  beforeEach(async () => {
    // SDK clients read the environment of the process.
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    await aws.reset();
    await aws.createBucket(BUCKET);
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))).QueueUrl ?? '';
    deadLetterQueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'q-dlq' }))).QueueUrl ?? '';
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    sqs.destroy();
    await aws.stop();
  });

  const run = async (argv: readonly string[], signals = new EventEmitter()) =>
    runCli(argv, { cwd: await makeTempFolder(), env: aws.env, signals });

  /** Waits for the message that the command sends. */
  async function receive() {
    const input = { QueueUrl: queueUrl, WaitTimeSeconds: 10 };
    const { Messages } = await sqs.send(new ReceiveMessageCommand(input));
    return parseMessage(Messages?.[0]?.Body ?? '');
  }

  /** Writes the manifest of a worker that has completed a message's partition. */
  async function writeCompleteManifest({ run: name = '' }: PartitionMessage, counts: Counts): Promise<void> {
    const manifest = { ...manifestOf({ year: 2004, initial: 'AD' }, { run: name }), counts };
    await createS3Lake({ s3: aws.s3, bucket: BUCKET }).write(
      'tmdb/manifests/year-2004/initial-AD.json',
      JSON.stringify(manifest),
      'application/json',
    );
  }

  async function countDeadLetters(): Promise<string | undefined> {
    const input = {
      QueueUrl: deadLetterQueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages' as const],
    };
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand(input));
    return Attributes?.ApproximateNumberOfMessages;
  }

  it("sends one message with today's snapshot and a run, and prints its ID", async () => {
    const { exitCode, stdout } = await run([...SIMULATE, '--json']);
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ queue: 'q', messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(await receive()).toEqual({
      year: 2004,
      initial: 'AD',
      snapshot: new Date().toISOString().slice(0, 10),
      run: result.run,
      hop: 0,
    });
  });

  it('waits until the manifest reports this run as complete', async () => {
    const waiting = run(WAIT);
    await writeCompleteManifest(await receive(), {
      titles: 3,
      found: 2,
      notFound: 1,
      refused: 0,
      failed: 0,
      reviews: 7,
    });
    const { exitCode, stdout, stderr } = await waiting;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /\nNext: tdd launch --limit 3 --datalake-bucket-name \S+ --queue-name q sends .*\n$/,
    );
    expect(stdout).toMatch(/2004\/AD is complete\.\n {2}\d+ titles: 2 found, 1 not found.*; 7 reviews\n/);
    expect(stderr).toMatch(/^Sent partition 2004\/AD as message /);
  });

  it('reports a partition that has no titles', async () => {
    const waiting = run(WAIT);
    await writeCompleteManifest(await receive(), {
      titles: 0,
      found: 0,
      notFound: 0,
      refused: 0,
      failed: 0,
      reviews: 0,
    });
    const { exitCode, stdout } = await waiting;
    expect(exitCode).toBe(1);
    expect(stdout).toContain("2004/AD has no titles in IMDb's list");
  });

  it('exits with code 1 and the reason when the message becomes a dead letter, and leaves it in the queue', async () => {
    const waiting = run(WAIT);
    const { run: name = '' } = await receive();
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
    const letters = [
      { MessageBody: 'not JSON', MessageAttributes: { reason: attribute('The message is not JSON.') } },
      { MessageBody: '{}', MessageAttributes: { run: attribute(name), reason: attribute('All failed.') } },
    ];
    for (const letter of letters) {
      await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, ...letter }));
    }
    expect(await waiting).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('All failed.') });
    expect(await countDeadLetters()).toBe('2');
  });

  it('shows why titles failed when the message becomes a dead letter', async () => {
    const waiting = run([...WAIT, '--json']);
    const { run: name = '' } = await receive();
    const failed = { state: 'failed', reason: '503', tries: 8, at: '2026-11-22T10:00:00.000Z' };
    const counts = { titles: 2, found: 0, notFound: 0, refused: 0, failed: 2, reviews: 0 };
    const titles = { tt0000001: failed, tt0000002: failed };
    const manifest = {
      ...manifestOf({ year: 2004, initial: 'AD' }, { run: name, failed: 1 }),
      counts,
      titles,
    };
    await createS3Lake({ s3: aws.s3, bucket: BUCKET }).write(
      'tmdb/manifests/year-2004/initial-AD.json',
      JSON.stringify(manifest),
      'application/json',
    );
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
    const MessageAttributes = { run: attribute(name), reason: attribute('2 titles failed.') };
    await sqs.send(
      new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: '{}', MessageAttributes }),
    );
    const { exitCode, stdout } = await waiting;
    const failures = [{ reason: '503', titles: 2, examples: ['tt0000001', 'tt0000002'] }];
    expect({ exitCode, ...JSON.parse(stdout).end }).toMatchObject({ exitCode: 1, failures });
  });

  it('exits with code 130 on Ctrl-C, and leaves the message in the queue', async () => {
    const signals = new EventEmitter();
    const waiting = run(WAIT, signals);
    await receive();
    signals.emit('SIGINT');
    expect(await waiting).toMatchObject({ exitCode: 130, stdout: '' });
    const input = { QueueUrl: queueUrl, AttributeNames: ['ApproximateNumberOfMessagesNotVisible' as const] };
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand(input));
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesNotVisible: '1' });
  });

  it.each([
    ['with --wait', WAIT],
    ['without --wait', [...SIMULATE, '--datalake-bucket-name', BUCKET]],
  ])("sends nothing %s when today's list has no titles in the partition", async (_, argv) => {
    const day = new Date().toISOString().slice(0, 10);
    const index = indexOf({ 2004: { ZZ: 1 } }, { snapshot: day });
    await createS3Lake({ s3: aws.s3, bucket: BUCKET }).write(
      indexMapKey(day, ['movie']),
      writePartitionMap(index),
      'application/gzip',
    );
    const { exitCode, stderr } = await run(argv);
    expect(stderr).toContain(`IMDb's list of ${day} has no movie in partition 2004/AD: nothing to download.`);
    expect(stderr).not.toContain('Sent');
    expect(exitCode).toBe(1);
  });

  it.each([
    [
      'no queue of this name',
      ['simulate', '--year=2004', '--initial=AD', '--queue-name=none'],
      1,
      /queue "none" does not exist.*tdd deploy/,
    ],
    ['no partition', ['simulate', '--year', '2004'], 2, /--year and --initial/],
    ['a year that is none', ['simulate', '--year', '99999', '--initial', 'AD'], 2, /99999/],
    ['no lake to wait in', [...SIMULATE, '--wait'], 2, /--datalake-bucket-name/],
  ])('sends nothing with %s', async (_what, argv, exitCode, sentence) => {
    const end = await run(argv);
    expect(end).toMatchObject({ exitCode, stdout: '' });
    expect(end.stderr).toMatch(sentence);
  });
});
