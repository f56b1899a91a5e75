import { type Clock, utcDay } from '../../src/clock.ts';
import { downloadPartition } from '../../src/download/download-partition.ts';
import type { DownloadReport } from '../../src/download/download-report.ts';
import { ensurePartitionIndex } from '../../src/imdb/build-index.ts';
import { listPartitions, readPartition } from '../../src/imdb/partition-index.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import { createHttpGet } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';

/** Downloads every partition of the list into a lake, one after the other, as a fleet would. */
export async function downloadCatalogue(
  { lake, clock }: { lake: Lake; clock: Clock },
  { tmdbUrl, imdbUrl, apiKey, run }: { tmdbUrl: string; imdbUrl: string; apiKey: string; run: string },
): Promise<DownloadReport[]> {
  const day = utcDay(clock.now());
  const userAgent = 'tdd-test/1';
  const index = await ensurePartitionIndex(
    { lake, clock, datasetsUrl: imdbUrl, userAgent },
    { day, titleTypes: ['movie'] },
  );
  const tmdb = createTmdbClient({
    http: createHttpGet({ userAgent, timeoutMs: 500 }),
    pacer: createPacer({ requestsPerSecond: 2_000, clock }),
    clock,
    random: Math.random,
    baseUrl: tmdbUrl,
    apiKey,
  });
  const settings = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;
  const reports: DownloadReport[] = [];
  for (const partition of listPartitions(index)) {
    const titles = await readPartition({ lake }, index, partition);
    reports.push(
      await downloadPartition({ lake, tmdb, clock }, { partition, snapshot: day, titles, settings, run }),
    );
  }
  return reports;
}
