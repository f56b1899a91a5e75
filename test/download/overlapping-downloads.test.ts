import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadReport } from '../../src/download/download-report.ts';
import { createOverlap, type Overlap, overlapPartitions } from '../../src/download/overlap.ts';
import { UserError } from '../../src/errors.ts';
import { manifestKey, SOURCE_KEY } from '../../src/lake/keys.ts';
import { createSourceClaim } from '../../src/lake/source.ts';
import {
  imdbIdsOf,
  initialNumber,
  type SimulatedDownload,
  simulateDownload,
} from '../support/simulated-download.ts';

type Options = Parameters<SimulatedDownload['download']>[1];

let simulated: SimulatedDownload;
let overlap: Overlap;
const warnings: Error[] = [];
const onWarning = (warning: Error) => warnings.push(warning);

beforeEach(() => {
  simulated = simulateDownload();
  overlap = createOverlap();
  warnings.length = 0;
  process.on('warning', onWarning);
});

afterEach(() => {
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

/** Downloads partitions AA, AB, … with these numbers of titles at the same time. */
function downloadEach(sizes: readonly number[], options: Omit<Options, 'titles' | 'overlap'> = {}) {
  const downloads = sizes.map((titles, n) =>
    simulated.download(initialNumber(n), { titles, overlap, ...options }),
  );
  return Promise.allSettled(downloads);
}

function outcomes(results: readonly PromiseSettledResult<DownloadReport>[]): string[] {
  return results.map((result) =>
    result.status === 'fulfilled' ? result.value.outcome : (result.reason as Error).message,
  );
}

describe('overlapPartitions', () => {
  it.each([
    ['one to twelve titles', Array.from({ length: 60 }, (_, n) => 1 + ((n * 7) % 12))],
    ['one title', new Array<number>(200).fill(1)],
    [
      'many titles and of one',
      [100, ...new Array<number>(60).fill(1), 100, ...new Array<number>(60).fill(1)],
    ],
  ])('sends a request at every slot of the pacer for partitions of %s', async (_, sizes) => {
    const { clock, download, sent } = simulated;
    const left = sizes.map((titles, n) => ({ titles, initial: initialNumber(n) }));
    await overlapPartitions(
      { overlap },
      async (wanted) => {
        await clock.sleep(20); // The queue.
        return left.splice(0, wanted);
      },
      async ({ titles, initial }) => {
        await clock.sleep(60); // The index.
        // Another title is not selected, since composing parts takes time that the clock does not count.
        const only = new Set(imdbIdsOf(initial, titles));
        await download(initial, { titles: titles + 1, only, overlap });
      },
    );
    const [first = 0, last = 0] = [sent[0]?.atMs, sent.at(-1)?.atMs];
    const slots = (last - first) / (1_015 / 40);
    expect(slots).toBeCloseTo(sent.length - 1);
  });

  it('leaves nothing in signals that outlive the partitions', async () => {
    const [stop, abort] = [new AbortController().signal, new AbortController().signal];
    const listeners: number[] = [];
    const left = Array.from({ length: 60 }, (_, n) => initialNumber(n));
    await overlapPartitions(
      { overlap },
      async (wanted) => left.splice(0, wanted),
      async (initial) => {
        await simulated.download(initial, { titles: 1, overlap, stop, abort });
        listeners.push(getEventListeners(abort, 'abort').length);
      },
      { stop },
    );
    expect(Math.max(...listeners)).toBeGreaterThan(20);
    expect([stop, abort].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
  });
});

describe('downloads that overlap', () => {
  it('count their own requests', async () => {
    const [C] = imdbIdsOf('AB', 1);
    simulated.answers[`/3/movie/${C}`] = 503;
    const results = await downloadEach([3, 1]);
    expect(results).toMatchObject([
      { value: { outcome: 'complete', thisRun: { requests: 3 } } },
      { value: { outcome: 'failedTitles', thisRun: { requests: 9 } } }, // Eight attempts and a probe.
    ]);
    expect(simulated.manifest('AA').lastRun.requests).toBe(3);
    expect(simulated.tmdb.sent.requests).toBe(12);
  });

  it('share the space for texts, which each gives back', async () => {
    const readMovies = () =>
      simulated.lake.calls.filter(({ name, key }) => name === 'read' && key.startsWith('tmdb/movies/'));
    overlap = createOverlap({ keptBytes: 1_000 });
    await downloadEach([3, 3]);
    expect(readMovies().length).toBeGreaterThan(2);
    expect(readMovies().length).toBeLessThan(6);
    const before = readMovies().length;
    await simulated.download('BA', { titles: 2, overlap });
    expect(readMovies()).toHaveLength(before);
  });

  it('read at most 32 documents at once to compose parts', async () => {
    simulated = simulateDownload({ requestsPerSecond: 1_000 });
    const { lake, clock } = simulated;
    const sizes = new Array<number>(4).fill(40);
    await downloadEach(sizes);
    // As in a lake of an earlier version.
    for (const n of sizes.keys()) {
      const { parts: _, ...manifest } = simulated.manifest(initialNumber(n));
      lake.put(manifestKey({ year: 2004, initial: initialNumber(n) }), JSON.stringify(manifest));
    }
    let reading = 0;
    let most = 0;
    lake.beforeCall = async (name, key) => {
      if (name !== 'read' || !key.startsWith('tmdb/movies/')) return;
      reading += 1;
      most = Math.max(most, reading);
      await clock.sleep(60);
      reading -= 1;
    };
    expect(outcomes(await downloadEach(sizes))).toEqual(sizes.map(() => 'complete'));
    expect(most).toBe(32);
  });

  it('fail by themselves when the lake does', async () => {
    const { lake, clock } = simulated;
    lake.beforeCall = async (name, key) => {
      await clock.sleep(60);
      if (name === 'write' && key.includes('initial-AB')) throw new UserError('The disk is full.');
    };
    expect(outcomes(await downloadEach([30, 3, 30]))).toEqual(['complete', 'The disk is full.', 'complete']);
    expect(simulated.manifest('AB').lastRun.outcome).toBe('error');
  });

  it('fail by themselves when another run changes the settings', async () => {
    const { lake, clock } = simulated;
    const source = createSourceClaim({ lake }, { tmdb: 'http://tmdb.invalid', imdb: 'http://imdb.invalid' });
    lake.beforeCall = async (name, key) => {
      if (name === 'compareAndSwap' && key.includes('initial-AB') && lake.text(key) === undefined) {
        const { settings, ...manifest } = simulated.manifest('BA');
        const partition = { year: 2004, initial: 'AB' };
        lake.put(key, JSON.stringify({ ...manifest, partition, settings: { ...settings, language: 'de' } }));
      }
      await clock.sleep(60);
    };
    await simulated.download('BA', { titles: 1 });
    const [first, other, last] = outcomes(await downloadEach([30, 3, 30], { source }));
    expect([first, last]).toEqual(['complete', 'complete']);
    expect(other).toMatch(/^Another run with other settings/);
  });

  it("go on when one that began to record the lake's source is aborted", async () => {
    const { lake, clock, download } = simulated;
    const abort = new AbortController();
    const source = createSourceClaim({ lake }, { tmdb: 'http://tmdb.invalid', imdb: 'http://imdb.invalid' });
    lake.beforeCall = async (name, key, options) => {
      await clock.sleep(60, options?.signal);
      if (name === 'compareAndSwap' && key === SOURCE_KEY) abort.abort();
      options?.signal?.throwIfAborted();
    };
    const results = await Promise.allSettled([
      download('AA', { titles: 3, overlap, source, abort: abort.signal }),
      download('AB', { titles: 3, overlap, source }),
    ]);
    expect(outcomes(results)).toEqual(['stopped', 'complete']);
  });

  it('mark a title with an unexpected error as failed, in its partition only', async () => {
    const errors: string[] = [];
    const [broken = ''] = imdbIdsOf('AB', 1);
    let nested: unknown = [];
    for (let depth = 0; depth < 20_000; depth += 1) nested = [nested];
    simulated.answers[`/3/movie/${broken}`] = { ...simulated.details(broken), nested };
    const results = await downloadEach([5, 3, 5], { onTitleError: (imdbId) => errors.push(imdbId) });
    expect(outcomes(results)).toEqual(['complete', 'failedTitles', 'complete']);
    expect(errors).toEqual([broken]);
  });

  it('all end in an outage, and leave their titles untried', async () => {
    for (const n of [0, 1, 2])
      for (const id of imdbIdsOf(initialNumber(n), 15)) simulated.answers[`/3/movie/${id}`] = 503;
    simulated.answers['/3/movie/500001'] = 503; // What a probe requests.
    const results = await downloadEach([15, 15, 15]);
    expect(outcomes(results)).toEqual(['outage', 'outage', 'outage']);
    for (const n of [0, 1, 2]) expect(simulated.manifest(initialNumber(n)).titles).toEqual({});
  });

  it('all end when TMDB rejects the key, and ask only once whether it does', async () => {
    for (const n of [0, 1, 2])
      for (const id of imdbIdsOf(initialNumber(n), 15)) simulated.answers[`/3/movie/${id}`] = 401;
    simulated.answers['/3/authentication'] = 401;
    const results = await downloadEach([15, 15, 15]);
    expect(outcomes(results)).toEqual(['keyRefused', 'keyRefused', 'keyRefused']);
    expect(simulated.sent.filter(({ path }) => path === '/3/authentication')).toHaveLength(1);
  });

  it('finish the titles in progress when they are stopped, and begin no others', async () => {
    const stop = new AbortController();
    const results = await downloadEach([30, 30, 30], {
      stop: stop.signal,
      onProgress: ({ done }) => done === 25 && stop.abort(),
    });
    expect(outcomes(results)).toEqual(['complete', 'stopped', 'stopped']);
    const done = results.map((result) => (result.status === 'fulfilled' ? result.value.thisRun.done : -1));
    expect(done).toEqual([30, 17, 0]);
    expect(simulated.sent).toHaveLength(47);
    const report = await simulated.download('AC', { titles: 30, overlap, stop: stop.signal });
    expect(report).toMatchObject({ outcome: 'stopped', thisRun: { done: 0 } });
  });

  it('abandon the titles in progress when they are aborted, and save their manifests within the grace', async () => {
    const { clock, lake, manifest } = simulated;
    const abort = new AbortController();
    let abortedMs = 0;
    const results = await downloadEach([30, 30, 30], {
      abort: abort.signal,
      onProgress: ({ done }) => {
        if (done !== 25 || abort.signal.aborted) return;
        abortedMs = clock.monotonic();
        abort.abort();
      },
    });
    expect(clock.monotonic() - abortedMs).toBeLessThan(1_000);
    expect(outcomes(results)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(Object.keys(manifest('AA').titles)).toHaveLength(25);
    expect(lake.keys('tmdb/tables/')).toEqual([]);
  });

  it('agree on a partition that two of them download', async () => {
    const { lake, download, manifest } = simulated;
    const options = { titles: 30, overlap };
    const reports = await Promise.all([download('AA', options), download('AA', options)]);
    expect(reports.map(({ complete }) => complete)).toEqual([true, true]);
    expect(manifest('AA')).toMatchObject({ complete: true, counts: { found: 30 } });
    expect(manifest('AA').parts).not.toHaveProperty('outdated');
    expect(lake.keys('tmdb/movies/')).toHaveLength(30);
  });
});
