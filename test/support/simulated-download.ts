import {
  type DownloadControl,
  type DownloadJob,
  downloadPartition,
} from '../../src/download/download-partition.ts';
import type { DownloadReport } from '../../src/download/download-report.ts';
import type { Manifest } from '../../src/download/manifest.ts';
import type { Overlap } from '../../src/download/overlap.ts';
import { manifestKey } from '../../src/lake/keys.ts';
import { createTmdbClient, type TmdbClient } from '../../src/tmdb/client.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { MemoryLake } from './memory-lake.ts';
import { details } from './small-tmdb.ts';

const SETTINGS = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;

/** Downloads in virtual time: TMDB and the lake take a fixed time for each answer, however long this process takes. */
export interface SimulatedDownload {
  readonly clock: FakeClock;
  readonly lake: MemoryLake;
  readonly tmdb: TmdbClient;
  /** The requests to TMDB, with their times by the monotonic clock. */
  readonly sent: { readonly atMs: number; readonly path: string }[];
  /** Answers that are not details of a movie, by path. A number is a status. */
  readonly answers: Record<string, unknown>;
  /** Its usual answer for a title. */
  details(imdbId: string): Record<string, unknown>;
  /** Downloads a partition of year 2004 with this initial, whose titles are those of {@link imdbIdsOf}. */
  download(
    initial: string,
    options: { readonly titles: number; readonly overlap?: Overlap } & Partial<Omit<DownloadJob, 'titles'>> &
      DownloadControl,
  ): Promise<DownloadReport>;
  manifest(initial: string): Manifest;
}

export function simulateDownload({
  tmdbMs = 80,
  lakeMs = 60,
  requestsPerSecond = 40,
}: {
  readonly tmdbMs?: number;
  readonly lakeMs?: number;
  readonly requestsPerSecond?: number;
} = {}): SimulatedDownload {
  const clock = createFakeClock();
  const lake = new MemoryLake();
  lake.beforeCall = (_name, _key, options) => clock.sleep(lakeMs, options?.signal);
  const sent: { atMs: number; path: string }[] = [];
  const answers: Record<string, unknown> = {};
  const tmdb = createTmdbClient({
    http: async ({ pathname: path }, { signal }) => {
      sent.push({ atMs: clock.monotonic(), path });
      await clock.sleep(tmdbMs, signal);
      const id = path.slice(path.lastIndexOf('/') + 1);
      const answer = answers[path] ?? (id.startsWith('tt') ? detailsOf(id) : { success: true, id: 1 });
      const isStatus = typeof answer === 'number';
      const body = JSON.stringify(isStatus ? { status_code: 11, status_message: 'no' } : answer);
      return { status: isStatus ? answer : 200, body, retryAfter: undefined };
    },
    pacer: createPacer({ requestsPerSecond, clock }),
    clock,
    random: () => 0.5,
    baseUrl: 'http://tmdb.invalid',
    apiKey: '0123456789abcdef0123456789abcdef',
  });
  const detailsOf = (imdbId: string) => details(Number(imdbId.slice(2)), imdbId);
  const partitionOf = (initial: string) => ({ year: 2004, initial });
  return {
    clock,
    lake,
    tmdb,
    sent,
    answers,
    details: detailsOf,
    download(initial, { titles, overlap, onProgress, onTitleError, stop, abort, ...changes }) {
      return downloadPartition(
        { lake, tmdb, clock, ...(overlap && { overlap }) },
        {
          partition: partitionOf(initial),
          snapshot: '2026-11-22',
          titleTypes: ['movie'],
          titles: imdbIdsOf(initial, titles).map((imdbId) => ({ imdbId, title: initial })),
          settings: SETTINGS,
          run: 'run-1',
          ...changes,
        },
        {
          ...(onProgress && { onProgress }),
          ...(onTitleError && { onTitleError }),
          ...(stop && { stop }),
          ...(abort && { abort }),
        },
      );
    },
    manifest: (initial) => JSON.parse(lake.text(manifestKey(partitionOf(initial))) ?? 'null'),
  };
}

/** The initial of the n-th partition: AA, AB, … */
export function initialNumber(n: number): string {
  return String.fromCharCode(65 + (Math.floor(n / 26) % 26), 65 + (n % 26));
}

/** The IMDb IDs of a partition's titles, which no other partition has. */
export function imdbIdsOf(initial: string, count: number): string[] {
  const place = (initial.charCodeAt(0) - 65) * 26 + initial.charCodeAt(1) - 65;
  return Array.from({ length: count }, (_, n) => `tt${place * 10_000 + n + 1_000_001}`);
}
