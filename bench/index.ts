import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listPartitions, readPartition, readPartitionIndex } from '../src/imdb/partition-index.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { snapshotKey } from '../src/lake/keys.ts';
import type { Lake } from '../src/lake/lake.ts';
import { atMost, type BenchRow, median } from './bench-row.ts';
import { buildChild } from './build-child.ts';
import { makeSnapshot, type SnapshotShape } from './make-snapshot.ts';

interface Measured {
  readonly wallMs: number;
  readonly peakMb: number;
}

const DAY = '2026-11-22';
const NAME = { day: DAY, titleTypes: ['movie'] };
const run = promisify(execFile);

/**
 * Measures the partition index on a snapshot of IMDb's size: building it and, for comparison, Node's bare gunzip,
 * alternating in new processes; then the lake reads for one partition.
 */
export async function runIndexBench(shape: SnapshotShape = {}, rounds = 5): Promise<BenchRow[]> {
  const snapshot = await makeSnapshot(shape);
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-index-'));
  try {
    const child = await buildChild('index-child.ts', folder);
    const lakeFolder = join(folder, 'lake');
    await mkdir(join(lakeFolder, 'imdb'), { recursive: true });
    await link(snapshot, join(lakeFolder, snapshotKey(DAY)));
    const gunzip: Measured[] = [];
    const index: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      gunzip.push(await measure(child, 'gunzip', snapshot));
      await rm(join(lakeFolder, 'imdb', DAY), { recursive: true, force: true });
      index.push(await measure(child, 'index', lakeFolder, DAY));
    }
    const gunzipMs = median(gunzip.map(({ wallMs }) => wallMs));
    const indexMs = median(index.map(({ wallMs }) => wallMs));
    return [
      atMost('bare gunzip of the snapshot', gunzipMs / 1000, undefined, 's'),
      atMost('index of the snapshot', indexMs / 1000, undefined, 's'),
      atMost('index, relative to bare gunzip', indexMs / gunzipMs, 1.5, '×'),
      atMost('index: peak memory', Math.max(...index.map(({ peakMb }) => peakMb)), 200, 'MB'),
      ...(await measureLookup(createDirectoryLake({ directory: lakeFolder }))),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures a worker's lake reads for the largest partition. */
async function measureLookup(lake: Lake): Promise<BenchRow[]> {
  const index = await readPartitionIndex({ lake }, NAME);
  const largest = index && listPartitions(index).sort((a, b) => b.titles - a.titles)[0];
  if (index === undefined || largest === undefined)
    throw new Error('The index that was just built is not there.');
  const reads: number[] = [];
  const counted: Lake = {
    ...lake,
    read: async (...args) => {
      const object = await lake.read(...args);
      reads.push(object?.body.length ?? 0);
      return object;
    },
    readRange: async (...args) => {
      const bytes = await lake.readRange(...args);
      reads.push(bytes?.length ?? 0);
      return bytes;
    },
  };
  const again = (await readPartitionIndex({ lake: counted }, NAME)) ?? index;
  const titles = await readPartition({ lake: counted }, again, largest);
  if (titles.length !== largest.titles) {
    throw new Error(`${titles.length} of ${largest.titles} titles were read.`);
  }
  const own = Buffer.byteLength(titles.map(({ imdbId, title }) => `${imdbId}\t${title}\n`).join(''));
  const bytes = reads.reduce((sum, read) => sum + read, 0);
  return [
    atMost('partitions in the index', listPartitions(again).length, undefined, ''),
    atMost('one partition: lake reads', reads.length, 2, ''),
    atMost('one partition: bytes read in addition to its rows', (bytes - own) / 1024, 512, 'KB'),
  ];
}

async function measure(child: string, ...args: string[]): Promise<Measured> {
  const { stdout } = await run(process.execPath, [child, ...args]);
  return JSON.parse(stdout);
}
