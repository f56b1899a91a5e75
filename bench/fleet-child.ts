import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readManifestSummaries } from '../src/app/manifest-summaries.ts';
import { sendLaunch } from '../src/app/send-launch.ts';
import { readStatus } from '../src/app/status.ts';
import { createSqsQueue } from '../src/aws/queue.ts';
import { createS3Client } from '../src/aws/s3-client.ts';
import { systemClock } from '../src/clock.ts';
import { forEachConcurrently } from '../src/concurrency.ts';
import type { Manifest, TitleState } from '../src/download/manifest.ts';
import { estimateFleet } from '../src/fleet/estimate.ts';
import { completeFilters } from '../src/fleet/filters.ts';
import { learnRates } from '../src/fleet/movie-rates.ts';
import { type FleetPlan, planFleet } from '../src/fleet/plan.ts';
import { type PartitionIndex, parsePartitionMap, writePartitionMap } from '../src/imdb/partition-index.ts';
import { manifestKey } from '../src/lake/keys.ts';
import { createS3Lake } from '../src/lake/s3/s3-lake.ts';

export interface MeasuredFleet {
  readonly planMs: number;
  readonly launchSeconds: number;
  readonly calls: number;
  readonly launchPeakMb: number;
  readonly firstStatusSeconds: number;
  readonly secondStatusSeconds: number;
}

const PARTITIONS = 9_000;
const CHANGED = 20;
const INITIALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const SETTINGS: Manifest['settings'] = {
  lookup: 'details',
  language: 'en-US',
  reviewLanguage: 'en-US',
  append: [],
};
const MAP_KEY = 'imdb/2026-11-22/movie/partitions.json.gz';

const [endpoint = ''] = process.argv.slice(2);
const access = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
};
const s3 = createS3Client(
  { env: { AWS_ENDPOINT_URL: endpoint }, clock: systemClock, random: Math.random },
  access,
);
const sqs = new SQSClient(access);
await s3.send(new CreateBucketCommand({ Bucket: 'bench-fleet' }));
await sqs.send(new CreateQueueCommand({ QueueName: 'bench-fleet' }));
const lake = createS3Lake({ s3, bucket: 'bench-fleet' });
const queue = createSqsQueue({ sqs }, 'bench-fleet');
await lake.write(MAP_KEY, writePartitionMap(makeIndex()), 'application/gzip');

let kept: string | undefined;
const cache = {
  read: async () => kept,
  write: async (text: string) => {
    kept = text;
  },
};

const { plan, planMs } = await measurePlan();
const launched = await measureLaunch(plan);
await forEachConcurrently(plan.partitions, { concurrency: 40 }, (partition) =>
  putManifest(partition, partition.titles),
);
const firstStatusSeconds = await measureStatus();
await forEachConcurrently(plan.partitions.slice(0, CHANGED), { concurrency: CHANGED }, (partition) =>
  putManifest(partition, partition.titles - 1),
);
const measured: MeasuredFleet = {
  planMs,
  ...launched,
  firstStatusSeconds,
  secondStatusSeconds: await measureStatus(),
};
process.stdout.write(JSON.stringify(measured));

/** Plans as `tdd launch` does with an existing index: reads its map and the manifests (none yet), plans and forecasts. */
async function measurePlan(): Promise<{ plan: FleetPlan; planMs: number }> {
  const startedMs = performance.now();
  const object = await lake.read(MAP_KEY);
  const index = object && parsePartitionMap(object.body);
  if (index === undefined) throw new Error('The bench has lost its index.');
  const { byPartition } = await readManifestSummaries({ lake, clock: systemClock });
  const nowMs = Date.parse('2026-11-22T10:00:00Z');
  const filters = completeFilters({}, nowMs);
  const made = planFleet({ index, filters, settings: SETTINGS, summaries: byPartition, nowMs });
  const budget = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
  estimateFleet(made.partitions, budget, learnRates(byPartition.values(), SETTINGS));
  return { plan: made, planMs: performance.now() - startedMs };
}

async function measureLaunch(planned: FleetPlan) {
  const startedMs = performance.now();
  const deps = { lake, queue, clock: systemClock, random: Math.random };
  const { calls, sent } = await sendLaunch(deps, planned, { queueName: 'bench-fleet' });
  if (sent !== PARTITIONS) throw new Error(`${sent} partitions were sent.`);
  return {
    calls,
    launchSeconds: (performance.now() - startedMs) / 1_000,
    launchPeakMb: process.resourceUsage().maxRSS / 1_024,
  };
}

async function measureStatus(): Promise<number> {
  const startedMs = performance.now();
  const { totals } = await readStatus({
    lake,
    cache,
    queue,
    deadLetters: queue,
    workers: {
      functionName: 'f',
      queueName: 'q',
      readFunction: async () => undefined,
      readEnvironment: async () => undefined,
      readEventSource: async () => undefined,
    },
    clock: systemClock,
  });
  if (totals.partitions !== PARTITIONS) throw new Error(`${totals.partitions} manifests were seen.`);
  return (performance.now() - startedMs) / 1_000;
}

function makeIndex(): PartitionIndex {
  const partitions: Record<string, Record<string, [number, number, number]>> = {};
  for (let n = 0; n < PARTITIONS; n += 1) {
    const cell = Math.floor(n / 26);
    const initial = `${INITIALS[cell % 36]}${INITIALS[Math.floor(cell / 36)]}`;
    const year = 2000 + (n % 26);
    partitions[year] = { ...partitions[year], [initial]: [n * 2_000, 2_000, 1 + ((n * 7_919) % 121)] };
  }
  return {
    snapshot: '2026-11-22',
    titleTypes: ['movie'],
    rows: { key: 'imdb/rows', etag: '"rows"', sizeBytes: 1 },
    partitions,
    withoutYear: { offset: 0, length: 0, count: 0, titles: [] },
    rowCounts: { rows: 12_000_000, wanted: 550_000, bad: 0 },
  };
}

async function putManifest(partition: { year: number; initial: string; titles: number }, found: number) {
  const at = new Date().toISOString();
  const titles: Record<string, TitleState> = {};
  for (let n = 0; n < found; n += 1) {
    titles[`tt${1_000_000 + n}`] = { state: 'found', tmdbId: 100_000 + n, reviews: 0, at };
  }
  const manifest: Manifest = {
    partition: { year: partition.year, initial: partition.initial },
    snapshot: '2026-11-22',
    settings: SETTINGS,
    complete: found === partition.titles,
    counts: { titles: partition.titles, found, notFound: 0, refused: 0, failed: 0, reviews: 0 },
    lastRun: { run: 'bench', startedAt: at, endedAt: at, outcome: 'complete', requests: found },
    titles,
  };
  await lake.write(manifestKey(partition), JSON.stringify(manifest), 'application/json');
}
