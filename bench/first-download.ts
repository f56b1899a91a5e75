import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { listPartitions, readPartitionIndex } from '../src/imdb/partition-index.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { writeMessage } from '../src/message.ts';
import type { Partition } from '../src/partition.ts';
import { FUNCTION_TIMEOUT_SECONDS, HANDLER, WORKER_VARIABLES } from '../src/worker-contract.ts';
import { atMost, type BenchRow, median } from './bench-row.ts';
import { buildChild } from './build-child.ts';
import type { DownloadServices } from './download-services.ts';
import { makeSnapshot, type SnapshotShape } from './make-snapshot.ts';
import { measureProcess, type ProcessUsage } from './measure-process.ts';

const API_KEY = '0'.repeat(32);
const TDD = pathOf('../bin/tdd.js');
const WORKER = pathOf('../dist/worker/index.mjs');
const CONTAINER = pathOf('../sandbox/aws/container-main.mjs');
/** Start-up, and what does not depend on the size of the list. */
const START_MS = 1_000;

/**
 * Measures the first download of a day: the whole command into a directory, and the worker's bundle with S3, each with a
 * list of IMDb's size over loopback; and Node's bare gunzip of this list. They alternate in new processes.
 */
export async function runFirstDownloadBench(shape: SnapshotShape = {}, rounds = 5): Promise<BenchRow[]> {
  const snapshot = await makeSnapshot(shape);
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-first-'));
  const services = fork(pathOf('download-services.ts'), [join(folder, 'aws'), snapshot], {
    execArgv: ['--import', 'tsx'],
  });
  try {
    const [urls] = (await once(services, 'message')) as [DownloadServices];
    const gunzipChild = await buildChild('index-child.ts', folder);
    const gunzip: ProcessUsage[] = [];
    const command: ProcessUsage[] = [];
    const worker: ProcessUsage[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const lake = join(folder, 'lake');
      gunzip.push(await measureProcess(gunzipChild, { args: ['gunzip', snapshot] }));
      command.push(await measureCommand(urls, lake));
      worker.push(await measureWorker(urls, `bench-${round}`, await findSmallestPartition(lake)));
      await rm(lake, { recursive: true, force: true });
    }
    return rowsOf({ gunzip, command, worker });
  } finally {
    services.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function measureCommand({ tmdbUrl, imdbUrl }: DownloadServices, lake: string): Promise<ProcessUsage> {
  return measureProcess(TDD, {
    args: ['download', '--year', '2004', '--initial', 'TH', '--limit', '1', '--to', lake],
    env: { TMDB_API_KEY: API_KEY, TMDB_BASE_URL: tmdbUrl, IMDB_DATASETS_URL: imdbUrl },
  });
}

/** Sends the worker one message, for a partition of a bucket without an index. */
async function measureWorker(
  { tmdbUrl, imdbUrl, aws }: DownloadServices,
  bucket: string,
  partition: Partition,
): Promise<ProcessUsage> {
  const s3 = new S3Client({
    endpoint: aws.AWS_ENDPOINT_URL ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  const attributes = { ApproximateReceiveCount: '1' };
  const record = {
    messageId: 'm',
    receiptHandle: 'r',
    body: writeMessage({ ...partition, hop: 0 }),
    attributes,
  };
  const invocation = {
    requestId: 'bench',
    event: { Records: [record] },
    deadlineMs: Date.now() + FUNCTION_TIMEOUT_SECONDS * 1_000,
    functionArn: 'arn',
  };
  return measureProcess(CONTAINER, {
    env: {
      ...aws,
      LAMBDA_TASK_ROOT: dirname(WORKER),
      _HANDLER: HANDLER.name,
      TMDB_BASE_URL: tmdbUrl,
      IMDB_DATASETS_URL: imdbUrl,
      [WORKER_VARIABLES.bucketName]: bucket,
      [WORKER_VARIABLES.apiKey]: API_KEY,
      [WORKER_VARIABLES.queueUrl]: `${aws.AWS_ENDPOINT_URL}/000000000000/bench`,
      [WORKER_VARIABLES.deadLetterQueueUrl]: `${aws.AWS_ENDPOINT_URL}/000000000000/bench-dlq`,
    },
    talk: async (child) => {
      await once(child, 'message'); // It is ready.
      child.send(invocation);
      const [answer] = await once(child, 'message');
      if (answer.result?.batchItemFailures?.length !== 0) throw new Error('The worker failed in the bench.');
      child.disconnect();
    },
  });
}

async function findSmallestPartition(directory: string): Promise<Partition> {
  const lake = createDirectoryLake({ directory });
  const day = new Date().toISOString().slice(0, 10);
  const index = await readPartitionIndex({ lake }, { day, titleTypes: ['movie'] });
  const [smallest] = index ? listPartitions(index).sort((a, b) => a.titles - b.titles) : [];
  if (smallest === undefined) throw new Error('The bench built no index.');
  return { year: smallest.year, initial: smallest.initial };
}

function rowsOf({
  gunzip,
  command,
  worker,
}: Readonly<Record<'gunzip' | 'command' | 'worker', readonly ProcessUsage[]>>): BenchRow[] {
  const wall = (usages: readonly ProcessUsage[]) => median(usages.map(({ wallMs }) => wallMs));
  const cpu = (usages: readonly ProcessUsage[]) => median(usages.map(({ cpuMs }) => cpuMs));
  const peak = (usages: readonly ProcessUsage[]) => Math.max(...usages.map(({ peakMb }) => peakMb));
  return [
    atMost(
      'first download of a day: time - 1 s, relative to bare gunzip',
      (wall(command) - START_MS) / wall(gunzip),
      1.8,
      '×',
    ),
    atMost(
      'first download of a day: CPU relative to bare gunzip',
      cpu(command) / cpu(gunzip),
      undefined,
      '×',
    ),
    atMost('first download of a day: peak memory', peak(command), 260, 'MB'),
    atMost('first message of a day: worker time', wall(worker) / 1_000, undefined, 's'),
    atMost("first message of a day: worker's peak memory", peak(worker), 300, 'MB'),
  ];
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
