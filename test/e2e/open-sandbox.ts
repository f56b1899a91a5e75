import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  SANDBOX_BUCKET,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../sandbox/start-sandbox.ts';
import { type LakeReport, type VerifyOptions, verifyLake } from '../../sandbox/verify-lake.ts';
import type { StatusResult } from '../../src/cli/format-status.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { createS3Lake } from '../../src/lake/s3/s3-lake.ts';
import { TDD } from '../support/program.ts';
import { startMirrorToMoto } from './mirror-to-moto.ts';

/** What a run of the program left behind. */
export interface TddRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A sandbox in a folder of its own, and the real program in it. */
export interface OpenSandbox extends Sandbox {
  /** Where the program runs; the sandbox's own state is in `aws/`. */
  readonly folder: string;
  /** The program's calls that moto has taken too. */
  readonly sharedWithMoto: readonly string[];
  /** The bucket. */
  readonly lake: Lake;
  readonly lambda: LambdaClient;
  /** What the program finds in its environment; to be changed between two runs. */
  readonly env: Record<string, string>;
  /** Runs `bin/tdd.js` in a process of its own. */
  tdd(...args: string[]): Promise<TddRun>;
  /** The same, for a run that must go well. @returns its `--json`. */
  tddJson<Result>(...args: string[]): Promise<Result>;
  /** `tdd status --json`. */
  status(): Promise<StatusResult>;
  /** Puts anything on the workers' queue. */
  sendMessage(body: string): Promise<void>;
  /** How many messages wait, and how many somebody is at, in a queue. */
  depthOf(queue: string): Promise<{ waiting: number; inFlight: number }>;
  /** What workers have logged so far. */
  workerLog(): readonly WorkerLine[];
  /** Waits until `tdd status` says that the fleet is complete. @returns what it says then. */
  untilComplete(): Promise<StatusResult>;
  /** Compares every document with the expected one. */
  verify(options?: VerifyOptions): Promise<LakeReport>;
}

/** A line of a worker's log, or of Lambda's about it. */
export interface WorkerLine {
  readonly level?: string;
  readonly message?: string;
  readonly partition?: string;
  readonly outcome?: string;
  /** Of this work alone. */
  readonly seconds?: number;
  readonly requests?: number;
  /** Of the whole partition. */
  readonly counts?: { readonly titles: number };
  readonly type?: string;
  readonly record?: { readonly status: string; readonly errorMessage?: string };
}

export const QUEUE = 'tmdb-downloader-queue';
export const DEAD_LETTER_QUEUE = `${QUEUE}-dlq`;
const LOG = 'logs/aws/lambda/tmdb-downloader-lambda.jsonl';

/** A lake that is as it must be. */
export const NOTHING_WRONG = { missing: [], unexpected: [], wrong: [] };

/**
 * Starts a sandbox whose TMDB answers soon, for fleets that may ask quickly. Nobody but its test uses it.
 * @param options.mirrorToMoto lets the program pass where moto's IAM and Lambda let it too, see {@link startMirrorToMoto}:
 *   always with `TDD_E2E_CONTROL_PLANE=moto` in the environment.
 */
export async function openSandbox({
  mirrorToMoto = process.env.TDD_E2E_CONTROL_PLANE === 'moto',
  ...options
}: Partial<SandboxOptions> & { readonly mirrorToMoto?: boolean } = {}): Promise<OpenSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-e2e-'));
  await mkdir(join(folder, 'home'));
  const sandbox = await startSandbox({
    directory: join(folder, 'aws'),
    titles: 200,
    latencyMs: 5,
    ...options,
  });
  const moto = mirrorToMoto ? await startMirrorToMoto(sandbox.aws.endpoint) : undefined;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    TMDB_REQUESTS_PER_SECOND: '1000',
    ...sandbox.environment,
    ...(moto && { AWS_ENDPOINT_URL: moto.endpoint }),
  };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const config = { endpoint: sandbox.aws.endpoint, region: 'us-east-1', credentials };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const sqs = new SQSClient(config);
  const lambda = new LambdaClient(config);
  const lake = createS3Lake({ s3, bucket: SANDBOX_BUCKET });
  const urlOf = (queue: string) => `${sandbox.aws.endpoint}/000000000000/${queue}`;

  async function tdd(...args: string[]): Promise<TddRun> {
    const child = spawn(process.execPath, [TDD, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);
    return { stdout, stderr, exitCode };
  }

  async function tddJson<Result>(...args: string[]): Promise<Result> {
    const { stdout, stderr, exitCode } = await tdd(...args, '--json');
    if (exitCode !== 0) throw new Error(`tdd ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async function depthOf(queue: string): Promise<{ waiting: number; inFlight: number }> {
    const command = new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames: ['All'] });
    const { Attributes = {} } = await sqs.send(command);
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    };
  }

  const status = () => tddJson<StatusResult>('status');

  return {
    ...sandbox,
    folder,
    sharedWithMoto: moto?.shared ?? [],
    lake,
    lambda,
    env,
    tdd,
    tddJson,
    status,
    untilComplete: () =>
      until(
        async () => {
          // The queue is looked at first: to start the program each time takes what the workers need.
          const { waiting, inFlight } = await depthOf(QUEUE);
          if (waiting + inFlight > 0) return false;
          const now = await status();
          return now.phase === 'complete' && now;
        },
        { explain: status },
      ),
    sendMessage: async (body) => {
      await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(QUEUE), MessageBody: body }));
    },
    depthOf,
    workerLog: () => {
      const file = join(folder, 'aws', LOG);
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    },
    verify: (verifyOptions) => verifyLake({ lake, catalogue: sandbox.catalogue }, verifyOptions),
    stop: async () => {
      await moto?.stop();
      await sandbox.stop();
      for (const client of [s3, sqs, lambda]) client.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Looks until it finds something.
 * @throws Error when the time is over, with what `explain` then says.
 */
export async function until<Found>(
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  { timeoutMs = 120_000, explain = look }: { timeoutMs?: number; explain?: () => unknown } = {},
): Promise<Found> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadlineMs) {
      throw new Error(`What was waited for never came; at last: ${JSON.stringify(await explain())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
