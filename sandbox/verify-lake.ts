import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../src/json.ts';
import { movieKey, reviewKey } from '../src/lake/keys.ts';
import type { Lake } from '../src/lake/lake.ts';
import { type Partition, partitionName } from '../src/partition.ts';
import type { DocumentSettings, ExpectedTitle } from './catalogue/expected-title.ts';
import { exactNumbersIn, formatJson } from './catalogue/json-text.ts';
import type { JsonObject } from './catalogue/tmdb-movie.ts';
import type { Catalogue } from './catalogue.ts';
import { foldersOfYears, verifyParts } from './verify-parts.ts';

export interface VerifyOptions {
  /** The partitions to verify; absent for the whole lake. */
  readonly partitions?: readonly Partition[];
  /** The settings of the download. */
  readonly settings?: DocumentSettings;
}

/** The differences between a lake and the catalogue; a correct lake has three empty lists. */
export interface LakeReport {
  /** Correct movie documents. */
  readonly movies: number;
  /** Correct review documents. */
  readonly reviews: number;
  /** Correct parts of complete partitions. */
  readonly parts: number;
  /** Expected keys that do not exist. */
  readonly missing: readonly string[];
  /** Existing keys that are not expected. */
  readonly unexpected: readonly string[];
  /** Keys of documents and parts that differ from the expected ones or are not valid. */
  readonly wrong: readonly string[];
}

/** The report for a correct lake. */
export const NOTHING_WRONG = { missing: [], unexpected: [], wrong: [] };

const FOLDERS = ['tmdb/movies/', 'tmdb/reviews/'];
const READS_AT_ONCE = 16;

/**
 * Compares every document under `tmdb/movies` and `tmdb/reviews`, and the parts of complete partitions, with what the
 * catalogue expects.
 */
export async function verifyLake(
  { lake, catalogue }: { readonly lake: Pick<Lake, 'list' | 'read'>; readonly catalogue: Catalogue },
  { partitions, settings }: VerifyOptions = {},
): Promise<LakeReport> {
  const wanted = partitions && new Set(partitions.map(partitionName));
  const expected = new Map<string, JsonObject>();
  const isWanted = (partition: string) => wanted?.has(partition) ?? true;
  const titles = catalogue.expectedTitles(settings, (partition) => isWanted(partitionName(partition)));
  for (const title of titles.values()) addDocuments(title, expected);
  const missing = new Set(expected.keys());
  const found: { key: string; document: JsonObject }[] = [];
  const unexpected: string[] = [];
  for await (const key of listDocuments(lake, partitions)) {
    if (!isWanted(partitionOf(key))) continue;
    const document = expected.get(key);
    if (document === undefined) unexpected.push(key);
    else found.push({ key, document });
    missing.delete(key);
  }
  const wrong = new Set<string>();
  const queue = [...found];
  const compareNext = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (!isText((await lake.read(next.key))?.body.toString('utf8') ?? '', next.document))
        wrong.add(next.key);
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, compareNext));
  const countRight = (folder: string): number =>
    found.filter(({ key }) => key.startsWith(folder) && !wrong.has(key)).length;
  const parts = await verifyParts({ lake }, { partitions, isWanted, documents: expected, isText: isLine });
  return {
    movies: countRight('tmdb/movies/'),
    reviews: countRight('tmdb/reviews/'),
    parts: parts.parts,
    missing: [...missing, ...parts.missing].sort(),
    unexpected: unexpected.sort(),
    wrong: [...wrong, ...parts.wrong].sort(),
  };
}

function addDocuments(title: ExpectedTitle, expected: Map<string, JsonObject>): void {
  const { partition, tmdbId, movieDocument, reviewDocuments = [] } = title;
  if (tmdbId === undefined || movieDocument === undefined) return;
  expected.set(movieKey(partition, tmdbId), movieDocument);
  for (const review of reviewDocuments) expected.set(reviewKey(partition, tmdbId, String(review.id)), review);
}

async function* listDocuments(
  lake: Pick<Lake, 'list'>,
  partitions: readonly Partition[] | undefined,
): AsyncGenerator<string> {
  for (const folder of FOLDERS.flatMap((all) => foldersOfYears(all, partitions))) {
    for await (const { key } of lake.list(folder)) yield key;
  }
}

/** Converts `tmdb/movies/year-2004/initial-AD/…` to `2004/AD`. */
function partitionOf(key: string): string {
  const [, year = '', initial = ''] = /\/year-(\d+)\/initial-([^/]*)\//.exec(key) ?? [];
  return `${year}/${initial}`;
}

/** Whether `text` is the JSON of `document`. JavaScript rounds some numbers, so their digits are looked for. */
function isText(text: string, document: JsonObject): boolean {
  return isJson(text, document, formatJson(document));
}

/** Whether `line` is the line of `document` in a part, which has U+FFFD for half characters. */
function isLine(line: string, document: JsonObject): boolean {
  const json = formatJson(document).replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][\da-f]{2}/g, '$1\\ufffd');
  return isJson(line, document, json);
}

function isJson(text: string, document: JsonObject, expected: string): boolean {
  return (
    isDeepStrictEqual(parseJson(text), parseJson(expected)) &&
    exactNumbersIn(document).every((number) => text.includes(number))
  );
}
