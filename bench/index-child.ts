import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { systemClock } from '../src/clock.ts';
import { ensurePartitionIndex } from '../src/imdb/build-index.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';

// Each measurement runs in its own process, to measure its own peak memory.
const [what, path = '', day = ''] = process.argv.slice(2);
const started = performance.now();
if (what === 'gunzip') {
  const gunzip = createGunzip({ chunkSize: 1_048_576 });
  await pipeline(
    createReadStream(path, { highWaterMark: 1_048_576 }),
    gunzip,
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const _ of chunks);
    },
  );
} else {
  const lake = createDirectoryLake({ directory: path });
  const deps = { lake, clock: systemClock, datasetsUrl: 'http://127.0.0.1:9', userAgent: 'bench' };
  await ensurePartitionIndex(deps, { day, titleTypes: ['movie'] });
}
const wallMs = performance.now() - started;
process.stdout.write(JSON.stringify({ wallMs, peakMb: process.resourceUsage().maxRSS / 1024 }));
