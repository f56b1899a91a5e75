import { spawn, spawnSync } from 'node:child_process';
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

/** The result of a run of the program. */
export interface TddRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A sandbox in its own folder, with the real program. */
export interface OpenSandbox extends Sandbox {
  /** The program's working directory; the sandbox's state is in `aws/`. */
  readonly folder: string;
  /** The program's calls that were also sent to moto. */
  readonly sharedWithMoto: readonly string[];
  /** The bucket. */
  readonly lake: Lake;
  readonly lambda: LambdaClient;
  /** The program's environment, which tests may change between two runs. */
  readonly env: Record<string, string>;
  /** Runs `bin/tdd.js` in a separate process. */
  tdd(...args: string[]): Promise<TddRun>;
  /** The same for a run that must succeed. @returns the parsed output of `--json`. */
  tddJson<Result>(...args: string[]): Promise<Result>;
  /** `tdd status --json`. */
  status(): Promise<StatusResult>;
  /** Sends any message to the workers' queue. */
  sendMessage(body: string): Promise<void>;
  /** Reads the numbers of waiting and in-flight messages of a queue. */
  depthOf(queue: string): Promise<{ waiting: number; inFlight: number }>;
  /** The workers' log lines so far. */
  workerLog(): readonly WorkerLine[];
  /** Waits until `tdd status` reports the fleet as complete. @returns that status. */
  untilComplete(): Promise<StatusResult>;
  /** Compares every document with the expected one. */
  verify(options?: VerifyOptions): Promise<LakeReport>;
}

/** A log line of a worker, or of Lambda about a worker. */
export interface WorkerLine {
  readonly level?: string;
  readonly message?: string;
  readonly partition?: string;
  readonly outcome?: string;
  /** Of this invocation. */
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

/**
 * Starts a sandbox with a fast TMDB, for one test file.
 * @param options.mirrorToMoto mirrors IAM and Lambda calls to moto, see {@link startMirrorToMoto}. The default is
 *   `true` if the environment has `TDD_E2E_CONTROL_PLANE=moto`.
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
    TDD_COMMAND: 'tdd',
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
          // Check the queue first: starting the program for each probe takes CPU time from the workers.
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

/** The processes of the sandbox's workers, which are children of this process. It runs only one sandbox. */
export function containers(): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(process.pid), '-f', 'container-main.mjs']);
  return String(stdout)
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/**
 * Polls until `probe` returns a truthy value.
 * @throws Error after the timeout, with the result of `explain`.
 */
export async function until<Found>(
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
  { timeoutMs = 400_000, explain = probe }: { timeoutMs?: number; explain?: () => unknown } = {},
): Promise<Found> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadlineMs) {
      throw new Error(`What was waited for never came; at last: ${JSON.stringify(await explain())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
