import { expect, test } from 'vitest';
import type { Connection } from '../../src/app/connection.ts';
import { download } from '../../src/app/download.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { indexOf } from './synthetic-lake.ts';

test('a download that is aborted while it reads the list of titles throws the reason', async () => {
  const lake = new MemoryLake();
  const controller = new AbortController();
  const reason = new Error('Time is up.');
  const readRange = lake.readRange.bind(lake);
  lake.readRange = (key, range, options) => {
    controller.abort(reason);
    return readRange(key, range, options);
  };
  const connection = {
    lake,
    clock: createFakeClock(),
    random: () => 0.5,
    settings: { tmdbBaseUrl: 'http://tmdb.test', imdbDatasetsUrl: 'http://imdb.test' },
  } as unknown as Connection;
  const partition = { year: 2004, initial: 'AA' };
  const run = download(connection, indexOf({ 2004: { AA: 1 } }), partition, { abort: controller.signal });
  await expect(run).rejects.toBe(reason);
});
