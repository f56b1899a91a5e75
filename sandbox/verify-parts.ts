import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { isRecord, parseJson } from '../src/json.ts';
import {
  MANIFEST_PREFIX,
  movieKey,
  type PartTable,
  partitionOfManifestKey,
  partKey,
  reviewKey,
} from '../src/lake/keys.ts';
import type { Lake } from '../src/lake/lake.ts';
import { type Partition, partitionName } from '../src/partition.ts';
import type { JsonObject } from './catalogue/tmdb-movie.ts';

const TABLES = ['movies', 'reviews'] as const;

/** The parts of the complete partitions of a lake. */
export interface PartsReport {
  /** The number of correct parts. */
  readonly parts: number;
  /** The keys of parts that do not exist, or that the manifest does not record. */
  readonly missing: readonly string[];
  /** The keys of parts that differ from their documents or from the record in the manifest. */
  readonly wrong: readonly string[];
}

/**
 * Compares the parts of each complete partition with the documents that the catalogue expects.
 * @param options.partitions as in `VerifyOptions`.
 * @param options.isWanted whether to verify a partition, by its name.
 * @param options.documents the expected documents by key.
 * @param options.isText whether a line is the JSON of a document.
 */
export async function verifyParts(
  { lake }: { readonly lake: Pick<Lake, 'list' | 'read'> },
  options: {
    readonly partitions: readonly Partition[] | undefined;
    readonly isWanted: (partition: string) => boolean;
    readonly documents: ReadonlyMap<string, JsonObject>;
    readonly isText: (line: string, document: JsonObject) => boolean;
  },
): Promise<PartsReport> {
  const missing: string[] = [];
  const wrong: string[] = [];
  let parts = 0;
  const byFolder = groupByFolder(options.documents);
  for await (const manifestKey of listManifests(lake, options.partitions)) {
    const partition = partitionOfManifestKey(manifestKey);
    if (partition === undefined || !options.isWanted(partitionName(partition))) continue;
    const manifest = await readRecord(lake, manifestKey);
    if (manifest.complete !== true) continue;
    const records = isRecord(manifest.parts) ? manifest.parts : {};
    const isOutdated = Array.isArray(records.outdated) && records.outdated.length > 0;
    for (const table of TABLES) {
      const key = partKey(table, partition);
      const body = (await lake.read(key))?.body;
      const record = records[table];
      const expected = byFolder.get(folderOf(table, partition)) ?? [];
      if (body === undefined || record === undefined) missing.push(key);
      else if (!isOutdated && isPart(body, record, expected, options.isText)) parts += 1;
      else wrong.push(key);
    }
  }
  return { parts, missing, wrong };
}

async function* listManifests(
  lake: Pick<Lake, 'list'>,
  partitions: readonly Partition[] | undefined,
): AsyncGenerator<string> {
  for (const folder of foldersOfYears(MANIFEST_PREFIX, partitions)) {
    for await (const { key } of lake.list(folder)) yield key;
  }
}

/** Returns the subfolders of the partitions' years, or the folder itself for all partitions. */
export function foldersOfYears(folder: string, partitions: readonly Partition[] | undefined): string[] {
  if (partitions === undefined) return [folder];
  return [...new Set(partitions.map(({ year }) => `${folder}year-${year}/`))];
}

function isPart(
  body: Buffer,
  record: unknown,
  expected: readonly JsonObject[],
  isText: (line: string, document: JsonObject) => boolean,
): boolean {
  const sha256 = createHash('sha256').update(body).digest('hex');
  if (!isRecord(record) || record.sha256 !== sha256 || record.bytes !== body.length) return false;
  const lines = gunzipSync(body).toString('utf8').split('\n');
  return (
    lines.pop() === '' &&
    record.rows === expected.length &&
    lines.length === expected.length &&
    expected.every((document, index) => isText(lines[index] ?? '', document))
  );
}

/** Groups documents by the folder of their keys, in the order of a part. */
function groupByFolder(documents: ReadonlyMap<string, JsonObject>): Map<string, JsonObject[]> {
  const byFolder = new Map<string, JsonObject[]>();
  for (const [key, document] of documents) {
    const folder = key.slice(0, key.lastIndexOf('/'));
    const group = byFolder.get(folder) ?? [];
    group.push(document);
    byFolder.set(folder, group);
  }
  const movieOf = ({ movie_id, id }: JsonObject) => Number(movie_id ?? id);
  for (const group of byFolder.values())
    group.sort((a, b) => movieOf(a) - movieOf(b) || (String(a.id) < String(b.id) ? -1 : 1));
  return byFolder;
}

function folderOf(table: PartTable, partition: Partition): string {
  const key = table === 'movies' ? movieKey(partition, 1) : reviewKey(partition, 1, '1');
  return key.slice(0, key.lastIndexOf('/'));
}

async function readRecord(lake: Pick<Lake, 'read'>, key: string): Promise<Record<string, unknown>> {
  const json = parseJson((await lake.read(key))?.body.toString('utf8') ?? '');
  return isRecord(json) ? json : {};
}
