import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../src/aws/s3-client.ts';
import { systemClock } from '../src/clock.ts';
import { downloadPartition } from '../src/download/download-partition.ts';
import { readManifest } from '../src/download/manifest-store.ts';
import { writeParts } from '../src/download/write-parts.ts';
import { MOVIE_PREFIX } from '../src/lake/keys.ts';
import type { Lake } from '../src/lake/lake.ts';
import { openLake, parseLakeUrl } from '../src/lake/open-lake.ts';
import { createTmdbClient } from '../src/tmdb/client.ts';
import { createHttpGet } from '../src/tmdb/http.ts';
import { createPacer } from '../src/tmdb/pacer.ts';

export interface Measured {
  /** User and system time per movie. */
  readonly cpuMs: number;
  readonly requestsPerFound: number;
  readonly requestsPerMiss: number;
  /** The part of `cpuMs` that writing the parts takes. */
  readonly partsShare: number;
  /** Objects written besides the movies, the manifest and the source of the lake. */
  readonly partsWritten: number;
}

const MOVIES = 3_000;
const MISSES = 100;
const [tmdbUrl = '', s3Url = '', place = ''] = process.argv.slice(2);
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
const s3 = createS3Client(
  { env: { AWS_ENDPOINT_URL: s3Url }, clock: systemClock, random: Math.random },
  { region: 'us-east-1', credentials },
);
const location = parseLakeUrl(place);
if (location.kind === 's3') await s3.send(new CreateBucketCommand({ Bucket: location.bucket }));
const opened = await openLake({ createS3: () => s3 }, location);
const written: string[] = [];
const texts = new Map<string, string>();
const lake: Lake = {
  ...opened,
  write: (key, body, ...rest) => {
    written.push(key);
    if (typeof body === 'string') texts.set(key, body);
    return opened.write(key, body, ...rest);
  },
};

async function download(initial: string, first: number, count: number) {
  const tmdb = createTmdbClient({
    http: createHttpGet({ userAgent: 'bench' }),
    pacer: createPacer({ requestsPerSecond: 100_000, clock: systemClock }),
    clock: systemClock,
    random: Math.random,
    baseUrl: tmdbUrl,
    apiKey: '0'.repeat(32),
  });
  const titles = Array.from({ length: count }, (_, i) => ({ imdbId: `tt${first + i}`, title: initial }));
  const { thisRun } = await downloadPartition(
    { lake, tmdb, clock: systemClock },
    {
      partition: { year: 2004, initial },
      snapshot: '2026-11-22',
      titleTypes: ['movie'],
      titles,
      settings: { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] },
      run: 'bench',
    },
  );
  return thisRun;
}

const before = process.cpuUsage();
const found = await download('AD', 1_000_000, MOVIES);
const { user, system } = process.cpuUsage(before);
const stored = await readManifest({ lake }, { year: 2004, initial: 'AD' });
const manifest = stored?.manifest;
if (!manifest?.parts) throw new Error('The bench wrote no parts.');
const partsWritten = written.filter((key) => !key.startsWith(MOVIE_PREFIX)).length;
// Again what the download did at its end.
const beforeParts = process.cpuUsage();
const { partition, titles } = manifest;
const kept = { keep: () => {}, get: (key: string) => texts.get(key), clear: () => {} };
await writeParts({ lake, texts: kept }, { partition, titles: Object.entries(titles) });
const parts = process.cpuUsage(beforeParts);
const missed = await download('MI', 8_000_000, MISSES);
if (found.found !== MOVIES || missed.notFound !== MISSES)
  throw new Error('The bench did not do what it measures.');
const measured: Measured = {
  cpuMs: (user + system) / 1_000 / MOVIES,
  requestsPerFound: found.requests / MOVIES,
  requestsPerMiss: missed.requests / MISSES,
  partsShare: (parts.user + parts.system) / (user + system),
  partsWritten,
};
process.stdout.write(JSON.stringify(measured));
process.exit();
