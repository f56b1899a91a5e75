import type { Outcome } from '../download/manifest.ts';
import type { ETag } from '../lake/lake.ts';
import type { FleetSettings, ManifestSummary, TimeCount } from './manifest-summary.ts';

/** Keeps one text between two looks at a lake; losing it costs time and nothing else. */
export interface SummaryCache {
  /** What was kept, or `undefined`. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** A summary and the version of the manifest that it sums up. */
export interface VersionedSummary {
  readonly etag: ETag;
  readonly summary: ManifestSummary;
}

/** Raised with the format: an older cache is not read. */
const VERSION = 1;

type Row = [
  year: number,
  initial: string,
  etag: ETag,
  settings: number,
  snapshot: string,
  complete: 0 | 1,
  counts: number[],
  run: [run: string, startedAt: string, endedAt: string, outcome: Outcome, requests: number, titles: number],
  settledByHour: readonly TimeCount[],
  recent: readonly TimeCount[],
];

/** Writes summaries as compact text: about 200 bytes a manifest. */
export function encodeSummaries(lakeUrl: string, summaries: Iterable<VersionedSummary>): string {
  const settings: string[] = [];
  const numberOf = new Map<string, number>();
  const rows: Row[] = [];
  for (const { etag, summary } of summaries) {
    const { partition, snapshot, complete, counts, lastRun, settledByHour, recent } = summary;
    const text = JSON.stringify(summary.settings);
    const known = numberOf.get(text) ?? settings.push(text) - 1;
    numberOf.set(text, known);
    const { titles, found, notFound, refused, failed, reviews } = counts;
    const { run, startedAt, endedAt, outcome, requests } = lastRun;
    rows.push([
      partition.year,
      partition.initial,
      etag,
      known,
      snapshot,
      complete ? 1 : 0,
      [titles, found, notFound, refused, failed, reviews],
      [run, startedAt, endedAt, outcome, requests, lastRun.titles],
      settledByHour,
      recent,
    ]);
  }
  return JSON.stringify({
    version: VERSION,
    lakeUrl,
    settings: settings.map((text) => JSON.parse(text)),
    rows,
  });
}

/** Reads what {@link encodeSummaries} wrote for this lake; anything else gives nothing. */
export function decodeSummaries(lakeUrl: string, text: string | undefined): VersionedSummary[] {
  if (text === undefined) return [];
  try {
    const cache: { version: number; lakeUrl: string; settings: FleetSettings[]; rows: Row[] } =
      JSON.parse(text);
    if (cache.version !== VERSION || cache.lakeUrl !== lakeUrl) return [];
    return cache.rows.map((row) => decodeRow(row, cache.settings));
  } catch {
    return []; // A damaged cache is no cache.
  }
}

function decodeRow(row: Row, allSettings: readonly FleetSettings[]): VersionedSummary {
  const [year, initial, etag, number, snapshot, complete, counts, lastRun, settledByHour, recent] = row;
  const [titles = 0, found = 0, notFound = 0, refused = 0, failed = 0, reviews = 0] = counts;
  const [run, startedAt, endedAt, outcome, requests, asked] = lastRun;
  const settings = allSettings[number];
  if (settings === undefined) throw new RangeError('The cache names settings that it lacks.');
  return {
    etag,
    summary: {
      partition: { year, initial },
      snapshot,
      settings,
      complete: complete === 1,
      counts: { titles, found, notFound, refused, failed, reviews },
      lastRun: { run, startedAt, endedAt, outcome, requests, titles: asked },
      settledByHour,
      recent,
    },
  };
}
