import { type Clock, utcDay } from '../../src/clock.ts';
import { downloadPartition } from '../../src/download/download-partition.ts';
import type { DownloadReport } from '../../src/download/download-report.ts';
import { createOverlap, overlapPartitions } from '../../src/download/overlap.ts';
import { ensurePartitionIndex } from '../../src/imdb/build-index.ts';
import { listPartitions, readPartition } from '../../src/imdb/partition-index.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { createSourceClaim } from '../../src/lake/source.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import { createHttpGet } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';

/**
 * Downloads every partition of the list into a lake; the partitions overlap. Takes no further ones after an outage, or when
 * TMDB has rejected the key.
 */
export async function downloadCatalogue(
  { lake, clock }: { lake: Lake; clock: Clock },
  { tmdbUrl, imdbUrl, apiKey, run }: { tmdbUrl: string; imdbUrl: string; apiKey: string; run: string },
): Promise<DownloadReport[]> {
  const day = utcDay(clock.now());
  const userAgent = 'tdd-test/1';
  const titleTypes = ['movie'];
  const index = await ensurePartitionIndex(
    { lake, clock, datasetsUrl: imdbUrl, userAgent },
    { day, titleTypes },
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
  const source = createSourceClaim({ lake }, { tmdb: tmdbUrl, imdb: imdbUrl });
  const overlap = createOverlap();
  const left = [...listPartitions(index)];
  const reports: DownloadReport[] = [];
  await overlapPartitions(
    { overlap },
    async (wanted) => (reports.some(({ problem }) => problem) ? [] : left.splice(0, wanted)),
    async (partition) => {
      const titles = await readPartition({ lake }, index, partition);
      const job = { partition, snapshot: day, titleTypes, titles, settings, source, run };
      reports.push(await downloadPartition({ lake, tmdb, clock, overlap }, job));
    },
  );
  return reports;
}
