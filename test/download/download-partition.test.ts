import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DownloadControl,
  type DownloadJob,
  downloadPartition,
} from '../../src/download/download-partition.ts';
import type { Manifest } from '../../src/download/manifest.ts';
import { UserError } from '../../src/errors.ts';
import { manifestKey, movieKey } from '../../src/lake/keys.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { details, foundMovies, reviewPage, type SmallTmdb, startSmallTmdb } from '../support/small-tmdb.ts';

const partition = { year: 2004, initial: 'AD' };
const titleTypes = ['movie'];
const settings = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;
const A = 'tt0000001';
const B = 'tt0000002';
const C = 'tt0000003';
/** The movie that a probe requests, since the random numbers of these tests are always 0.5. */
const PROBED_MOVIE = '/3/movie/500001';

let lake: MemoryLake;
let tmdb: SmallTmdb;

beforeEach(async () => {
  lake = new MemoryLake();
  tmdb = await startSmallTmdb({
    [`/3/movie/${A}`]: details(1, A, reviewPage(['r1', 'r2'])),
    [`/3/movie/${B}`]: details(2, B),
    [`/3/find/${C}`]: foundMovies(),
  });
});

afterEach(() => tmdb.stop());

function download(changes: Partial<DownloadJob> = {}, control?: DownloadControl) {
  const titles = [A, B, C].map((imdbId) => ({ imdbId, title: 'Ad' }));
  return downloadPartition(
    { lake, tmdb: tmdb.client, clock: tmdb.clock },
    { partition, snapshot: '2026-11-22', titleTypes, titles, settings, run: 'run-1', ...changes },
    control,
  );
}

function manifest(): Manifest {
  return JSON.parse(lake.text(manifestKey(partition)) ?? 'null');
}

function json(key: string): Record<string, unknown> {
  return JSON.parse(lake.text(key) ?? 'null');
}

describe('downloadPartition', () => {
  it('writes movies, reviews and the manifest', async () => {
    const report = await download();
    expect(lake.keys('tmdb/')).toEqual([
      'tmdb/manifests/year-2004/initial-AD.json',
      'tmdb/movies/year-2004/initial-AD/tmdb-movie-1.json',
      'tmdb/movies/year-2004/initial-AD/tmdb-movie-2.json',
      'tmdb/reviews/year-2004/initial-AD/tmdb-movie-1-review-r1.json',
      'tmdb/reviews/year-2004/initial-AD/tmdb-movie-1-review-r2.json',
      'tmdb/tables/movies/year=2004/initial=AD/movies.jsonl.gz',
      'tmdb/tables/reviews/year=2004/initial=AD/reviews.jsonl.gz',
    ]);
    expect(json(movieKey(partition, 1))).toEqual({
      id: 1,
      imdb_id: A,
      title: 'Movie 1',
      genres: [{ id: 18, name: 'Drama' }],
      genre_ids: [18],
      idIMDB: A,
      id_imdb: A,
    });
    expect(json('tmdb/reviews/year-2004/initial-AD/tmdb-movie-1-review-r1.json')).toEqual({
      id: 'r1',
      author: 'somebody',
      content: 'Review r1',
      movie_id: 1,
      idIMDB: A,
    });
    expect(lake.contentType(movieKey(partition, 1))).toBe('application/json');
    expect(report).toMatchObject({
      outcome: 'complete',
      complete: true,
      skipped: 0,
      counts: { titles: 3, found: 2, notFound: 1, refused: 0, failed: 0, reviews: 2 },
      thisRun: { total: 3, done: 3, requests: 4 },
    });
    expect(manifest()).toMatchObject({
      partition,
      snapshot: '2026-11-22',
      settings,
      complete: true,
      lastRun: { run: 'run-1', outcome: 'complete', requests: 4 },
      titles: { [A]: { state: 'found', tmdbId: 1, reviews: 2 }, [C]: { state: 'notFound' } },
    });
  });

  it('ends each document with a newline, so that documents can be concatenated', async () => {
    await download();
    for (const key of [...lake.keys('tmdb/movies/'), ...lake.keys('tmdb/reviews/')]) {
      expect(lake.text(key)).toMatch(/^\{.*\}\n$/);
    }
  });

  it('writes the reviews at the same time, and the movie after them', async () => {
    const begun: string[] = [];
    let beginBoth = () => {};
    const bothBegun = new Promise<void>((resolve) => {
      beginBoth = resolve;
    });
    lake.beforeCall = async (name, key) => {
      if (name !== 'write') return;
      begun.push(key);
      if (begun.length === 2) beginBoth();
      await bothBegun;
    };
    await download({ only: new Set([A]) });
    const written = lake.calls.filter(({ name }) => name === 'write').map(({ key }) => key);
    expect(written.at(-1)).toBe(movieKey(partition, 1));
    expect(written).toHaveLength(3);
    expect(begun.slice(0, 2)).not.toContain(movieKey(partition, 1));
  });

  it('skips titles that an earlier run has done', async () => {
    await download();
    const before = tmdb.asked().length;
    const report = await download({ run: 'run-2' });
    expect(tmdb.asked()).toHaveLength(before);
    expect(report).toMatchObject({ outcome: 'complete', skipped: 3, thisRun: { total: 0, requests: 0 } });
  });

  it('retries failed titles, and only these', async () => {
    tmdb.answers[`/3/movie/${B}`] = 503;
    expect(await download()).toMatchObject({
      outcome: 'failedTitles',
      complete: false,
      counts: { failed: 1 },
    });
    expect(manifest().titles[B]).toMatchObject({ state: 'failed', reason: '503', tries: 8 });
    tmdb.answers[`/3/movie/${B}`] = details(2, B);
    const before = tmdb.asked().length;
    expect(await download()).toMatchObject({ outcome: 'complete', skipped: 2 });
    expect(tmdb.asked().slice(before)).toEqual([`/3/movie/${B}`]);
  });

  it('records titles that always fail without reporting an outage', async () => {
    for (const id of [A, B, C]) tmdb.answers[`/3/movie/${id}`] = 503;
    expect(await download()).toMatchObject({ outcome: 'failedTitles', counts: { failed: 3 } });
    expect(await download()).toMatchObject({ outcome: 'failedTitles', counts: { failed: 3 } });
  });

  it('ends the run when the lake fails', async () => {
    lake.beforeCall = (name) => {
      if (name === 'write') throw new UserError('The disk is full.');
    };
    await expect(download()).rejects.toThrow('The disk is full.');
    expect(manifest()).toMatchObject({ counts: { failed: 0 }, lastRun: { outcome: 'error' } });
  });

  it('counts a permanent error as done', async () => {
    tmdb.answers[`/3/movie/${B}`] = 422;
    expect(await download()).toMatchObject({ outcome: 'complete', complete: true, counts: { refused: 1 } });
    expect(manifest().titles[B]).toMatchObject({ state: 'refused', reason: '422 (code 11): no' });
  });

  it('downloads movies with missing reviews again on request, after all other titles', async () => {
    tmdb.answers[`/3/movie/${A}`] = details(1, A, reviewPage(['r1'], { totalResults: 3 }));
    tmdb.answers['/3/movie/1/reviews'] = { id: 1, ...reviewPage(['r1'], { totalResults: 3 }) };
    expect(await download({ only: new Set([A, C]) })).toMatchObject({
      outcome: 'partial',
      counts: { found: 1, reviews: 1, missingReviews: 2 },
    });
    expect(manifest().titles[A]).toMatchObject({ state: 'found', reviews: 1, missingReviews: 2 });
    tmdb.clock.advance(1_000);
    const redoIncompleteBefore = new Date(tmdb.clock.now()).toISOString();
    const before = tmdb.asked().length;
    await download({ redoIncompleteBefore, limit: 1 });
    expect(tmdb.asked().slice(before)).toEqual([`/3/movie/${B}`]);
    tmdb.answers[`/3/movie/${A}`] = details(1, A, reviewPage(['r1', 'r2', 'r3']));
    const report = await download({ redoIncompleteBefore });
    expect(report).toMatchObject({ outcome: 'complete', thisRun: { total: 1 }, counts: { reviews: 3 } });
    expect(manifest().titles[A]).not.toHaveProperty('missingReviews');
    expect(report.counts).not.toHaveProperty('missingReviews');
  });

  it('keeps a movie done when asking again for its missing reviews fails', async () => {
    tmdb.answers[`/3/movie/${A}`] = details(1, A, reviewPage(['r1'], { totalResults: 3 }));
    tmdb.answers['/3/movie/1/reviews'] = { id: 1, ...reviewPage(['r1'], { totalResults: 3 }) };
    await download();
    tmdb.clock.advance(1_000);
    tmdb.answers[`/3/movie/${A}`] = 500;
    tmdb.answers[PROBED_MOVIE] = details(500_001, 'tt9999999');
    const redoIncompleteBefore = new Date(tmdb.clock.now()).toISOString();
    expect(await download({ redoIncompleteBefore })).toMatchObject({
      outcome: 'complete',
      complete: true,
      thisRun: { total: 1, done: 1, failed: 0 },
      counts: { found: 2, failed: 0, missingReviews: 2 },
    });
    expect(manifest().titles[A]).toMatchObject({ state: 'found', reviews: 1, missingReviews: 2 });
  });

  it('leaves the manifest of other settings as it is when TMDB does not answer', async () => {
    await download();
    const before = lake.text(manifestKey(partition));
    for (const path of [`/3/movie/${A}`, `/3/movie/${B}`, `/3/movie/${C}`, PROBED_MOVIE])
      tmdb.answers[path] = 503;
    const other = { ...settings, language: 'de-DE', reviewLanguage: 'de-DE' };
    const report = await download({ settings: other, run: 'run-2' });
    expect(report).toMatchObject({ outcome: 'outage', complete: false, counts: { found: 0 } });
    expect(lake.text(manifestKey(partition))).toBe(before);
  });

  it('keeps the titles of other settings when TMDB rejects the key, and records that', async () => {
    await download();
    const before = manifest();
    for (const path of [`/3/movie/${A}`, `/3/movie/${B}`, `/3/movie/${C}`, '/3/authentication'])
      tmdb.answers[path] = 401;
    const other = { ...settings, language: 'de-DE', reviewLanguage: 'de-DE' };
    const report = await download({ settings: other, run: 'run-2' });
    expect(report).toMatchObject({ outcome: 'keyRefused', complete: false, counts: { found: 0 } });
    const { lastRun, ...after } = manifest();
    expect(after).toEqual({ ...before, lastRun: undefined });
    expect(lastRun).toMatchObject({ run: 'run-2', outcome: 'keyRefused' });
  });

  it('downloads everything again under other settings', async () => {
    await download();
    const before = tmdb.asked().length;
    await download({ settings: { ...settings, append: ['credits'] } });
    expect(tmdb.asked().length - before).toBe(4);
    expect(manifest().settings.append).toEqual(['credits']);
  });

  it('downloads again what was downloaded before redoBefore, and nothing newer', async () => {
    await download({ only: new Set([A]) });
    tmdb.clock.advance(60_000);
    const redoBefore = new Date(tmdb.clock.now()).toISOString();
    await download({ only: new Set([B]) });
    const before = tmdb.asked().length;
    await download({ redoBefore });
    expect(tmdb.asked().slice(before).sort()).toEqual([`/3/find/${C}`, `/3/movie/${A}`, `/3/movie/${C}`]);
    const after = tmdb.asked().length;
    await download({ redoBefore });
    expect(tmdb.asked()).toHaveLength(after);
  });

  it('looks up at most `limit` titles', async () => {
    expect(await download({ limit: 1 })).toMatchObject({
      outcome: 'partial',
      complete: false,
      thisRun: { done: 1 },
    });
    expect(await download({ limit: 1 })).toMatchObject({ outcome: 'partial', thisRun: { done: 1 } });
    expect(await download({ limit: 1 })).toMatchObject({ outcome: 'complete', thisRun: { done: 1 } });
  });

  it('marks an id that has left the partition and keeps its documents', async () => {
    await download();
    const titles = [A, C].map((imdbId) => ({ imdbId, title: 'Ad' }));
    const report = await download({ titles, snapshot: '2026-11-23' });
    expect(manifest().titles[B]).toMatchObject({ state: 'left' });
    expect(report).toMatchObject({ complete: true, counts: { titles: 2, found: 1 } });
    expect(lake.text(movieKey(partition, 2))).toBeDefined();
    expect(await download({ snapshot: '2026-11-24' })).toMatchObject({
      complete: true,
      counts: { found: 2 },
    });
  });

  it('does not mark an id as left because of an older snapshot', async () => {
    await download();
    const titles = [{ imdbId: A, title: 'Ad' }];
    for (const run of ['older', 'older again']) {
      await download({ titles, snapshot: '2026-11-21', run });
      expect(manifest().titles[B]).toMatchObject({ state: 'found' });
    }
  });

  it('keeps the titles of other types, and counts only those in its list', async () => {
    const D = 'tt0000004';
    tmdb.answers[`/3/movie/${D}`] = details(4, D);
    await download();
    const shorts = { titleTypes: ['short'], titles: [{ imdbId: D, title: 'Ad' }], snapshot: '2026-11-23' };
    expect(await download(shorts)).toMatchObject({
      complete: true,
      counts: { titles: 1, found: 1 },
      parts: { movies: 3, reviews: 2 },
    });
    expect(manifest()).toMatchObject({ titleTypes: ['movie', 'short'], titles: { [A]: { state: 'found' } } });
    const before = tmdb.asked().length;
    // A list of movies does not tell whether a short has left; one of both types does.
    expect(await download({ snapshot: '2026-11-24' })).toMatchObject({
      complete: true,
      counts: { titles: 3 },
    });
    expect(manifest().titles[D]).toMatchObject({ state: 'found' });
    expect(await download({ titleTypes: ['movie', 'short'], snapshot: '2026-11-25' })).toMatchObject({
      complete: true,
      parts: { movies: 2, reviews: 2 },
    });
    expect(manifest().titles[D]).toMatchObject({ state: 'left' });
    expect(tmdb.asked()).toHaveLength(before);
  });

  it('does not look up again what has left according to a newer list', async () => {
    await download({ only: new Set([A, B]) });
    const newer = [A, C].map((imdbId) => ({ imdbId, title: 'Ad' }));
    await download({ titles: newer, snapshot: '2026-11-23' });
    const { titles, idHash } = manifest();
    const before = tmdb.asked().length;
    // The message of an earlier launch, which was delayed.
    const report = await download({ snapshot: '2026-11-22' });
    expect(report).toMatchObject({ outcome: 'complete', complete: true, counts: { titles: 2 } });
    expect(tmdb.asked()).toHaveLength(before);
    expect(manifest()).toMatchObject({ snapshot: '2026-11-23', titles, idHash });
  });

  it('leaves titles untried in an outage', async () => {
    for (const id of [A, B, C]) tmdb.answers[`/3/movie/${id}`] = 503;
    tmdb.answers[PROBED_MOVIE] = 503;
    const report = await download();
    expect(report).toMatchObject({ outcome: 'outage', counts: { failed: 0 }, thisRun: { done: 0 } });
    expect(report.problem?.message).toMatch(/is not responding \(last error: 503/);
    expect(manifest()).toMatchObject({ titles: {}, lastRun: { outcome: 'outage' } });
  });

  it('marks titles that always fail as failed, however many there are, and downloads all others', async () => {
    const titles = Array.from({ length: 120 }, (_, n) => ({ imdbId: `tt${1_000_001 + n}`, title: 'Ad' }));
    titles.forEach(({ imdbId }, n) => {
      tmdb.answers[`/3/movie/${imdbId}`] = n % 3 === 0 || n < 21 ? 500 : details(n + 1, imdbId);
    });
    const { outcome, counts } = await download({ titles });
    expect({ outcome, counts }).toMatchObject({ outcome: 'failedTitles', counts: { found: 66, failed: 54 } });
  });

  it('ends the run when TMDB rejects the key', async () => {
    for (const id of [A, B, C]) tmdb.answers[`/3/movie/${id}`] = 401;
    tmdb.answers['/3/authentication'] = 401;
    const report = await download();
    expect(report).toMatchObject({ outcome: 'keyRefused', counts: { failed: 0 } });
    expect(tmdb.asked().length).toBeLessThanOrEqual(4);
  });

  it('finishes titles in progress when it is stopped, and resumes in the next run', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `tt${String(i + 100).padStart(7, '0')}`);
    for (const [i, id] of ids.entries()) tmdb.answers[`/3/movie/${id}`] = details(i + 100, id);
    const titles = ids.map((imdbId) => ({ imdbId, title: 'Ad' }));
    const stop = new AbortController();
    const report = await download(
      { titles },
      { stop: stop.signal, onProgress: ({ done }) => done === 5 && stop.abort() },
    );
    expect(report.outcome).toBe('stopped');
    expect(report.thisRun.done).toBeGreaterThanOrEqual(5);
    expect(report.thisRun.done).toBeLessThanOrEqual(26);
    expect(report.thisRun.done).toBe(tmdb.asked().length);
    expect(await download({ titles })).toMatchObject({ outcome: 'complete', skipped: report.thisRun.done });
    expect(tmdb.asked()).toHaveLength(60);
  });

  it('abandons titles in progress when it is aborted, and marks none as failed', async () => {
    const abort = new AbortController();
    tmdb.answers[`/3/movie/${B}`] = () => {
      abort.abort();
      return details(2, B);
    };
    const report = await download({ only: new Set([B]) }, { abort: abort.signal });
    expect(report).toMatchObject({ outcome: 'stopped', counts: { failed: 0 } });
    expect(manifest().titles).toEqual({});
  });

  it('reports progress after each title', async () => {
    const reported: number[] = [];
    await download({}, { onProgress: ({ done, total }) => reported.push(done * 10 + total) });
    expect(reported).toEqual([3, 13, 23, 33]);
  });

  it('saves the manifest before it throws an error of the lake', async () => {
    lake.beforeCall = (name, key) => {
      if (name === 'write' && key.includes('movie-2')) throw new UserError('The bucket is full.');
    };
    await expect(download()).rejects.toThrow('The bucket is full.');
    expect(manifest().lastRun.outcome).toBe('error');
    expect(manifest().titles[B]).toBeUndefined();
  });

  it('rejects a manifest of a newer format and changes nothing', async () => {
    lake.put(manifestKey(partition), '{"version":2}');
    await expect(download()).rejects.toThrow(/initial-AD.json was written by a newer version of tdd/);
    expect(lake.keys()).toEqual([manifestKey(partition)]);
  });

  it('loses no title when two runs are concurrent', async () => {
    const [one, two] = await Promise.all([
      download({ run: 'one', only: new Set([A]) }),
      download({ run: 'two', only: new Set([B, C]) }),
    ]);
    expect(Object.keys(manifest().titles).sort()).toEqual([A, B, C]);
    expect(one.complete || two.complete).toBe(true);
    expect(manifest().complete).toBe(true);
  });

  it('keeps a title found during a write, even if an earlier run with a fast clock marked it as failed', async () => {
    const at = new Date(tmdb.clock.now() + 3_600_000).toISOString();
    await download({ only: new Set([A]) });
    const earlier = manifest();
    const titles = { ...earlier.titles, [B]: { state: 'failed', reason: '503', tries: 8, at } };
    lake.put(manifestKey(partition), JSON.stringify({ ...earlier, titles }));
    let isWriting = false;
    let hasFoundB = () => {};
    const foundB = new Promise<void>((resolve) => {
      hasFoundB = resolve;
    });
    // C is done first, late enough for a checkpoint; B takes two more requests.
    tmdb.answers[`/3/movie/${C}`] = () => {
      tmdb.clock.advance(6_000);
      return 422;
    };
    tmdb.answers[`/3/movie/${B}`] = undefined;
    tmdb.answers[`/3/find/${B}`] = foundMovies(2);
    tmdb.answers['/3/movie/2'] = details(2, B);
    lake.beforeCall = async (name) => {
      if (name !== 'compareAndSwap' || isWriting) return;
      isWriting = true;
      await foundB;
    };
    const report = await download({}, { onProgress: ({ found }) => found > 0 && hasFoundB() });
    expect(report).toMatchObject({ complete: true, counts: { found: 2, failed: 0 } });
  });

  it('keeps a title found after a concurrent write, even if an earlier run with a fast clock marked it as failed', async () => {
    const at = new Date(tmdb.clock.now() + 3_600_000).toISOString();
    await download({ only: new Set([A]) });
    const earlier = manifest();
    const titles = { ...earlier.titles, [B]: { state: 'failed', reason: '503', tries: 8, at } };
    const text = JSON.stringify({ ...earlier, titles });
    lake.put(manifestKey(partition), text);
    let isFirst = true;
    lake.beforeCall = (name, key) => {
      if (name !== 'compareAndSwap' || !isFirst) return;
      isFirst = false;
      lake.put(key, `${text} `);
    };
    expect(await download()).toMatchObject({ complete: true, counts: { found: 2, failed: 0 } });
  });

  it('keeps a title that another run found at the same instant at which this run failed', async () => {
    tmdb.answers[`/3/movie/${B}`] = 503;
    let isFirst = true;
    lake.beforeCall = (name, key) => {
      if (name !== 'compareAndSwap' || !isFirst) return;
      isFirst = false;
      const at = new Date(tmdb.clock.now()).toISOString();
      const theirs = { state: 'found', tmdbId: 2, reviews: 0, at };
      lake.put(
        key,
        JSON.stringify({
          partition,
          snapshot: '2026-11-22',
          settings,
          complete: false,
          counts: { titles: 3, found: 1, notFound: 0, refused: 0, failed: 0, reviews: 0 },
          lastRun: { run: 'other', startedAt: at, endedAt: at, outcome: 'running', requests: 1 },
          titles: { [B]: theirs },
        }),
      );
    };
    await download({ only: new Set([B]) });
    expect(isFirst).toBe(false);
    expect(manifest().titles[B]).toMatchObject({ state: 'found' });
  });

  it('writes checkpoints, so that a crash loses at most a few seconds of work', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `tt${String(i + 100).padStart(7, '0')}`);
    for (const [i, id] of ids.entries()) {
      tmdb.answers[`/3/movie/${id}`] = () => {
        tmdb.clock.advance(1_000);
        return details(i + 100, id);
      };
    }
    await download({ titles: ids.map((imdbId) => ({ imdbId, title: 'Ad' })) });
    const written = lake.calls.filter(({ name }) => name === 'compareAndSwap');
    expect(written.length).toBeGreaterThan(4);
  });

  it.each([-60_000, 60_000])('writes as many checkpoints when the date is changed by %d ms', async (ms) => {
    const ids = Array.from({ length: 60 }, (_, i) => `tt${String(i + 100).padStart(7, '0')}`);
    for (const [i, id] of ids.entries()) {
      tmdb.answers[`/3/movie/${id}`] = () => {
        tmdb.clock.setForward(ms);
        return details(i + 100, id);
      };
    }
    const report = await download({ titles: ids.map((imdbId) => ({ imdbId, title: 'Ad' })) });
    expect(lake.calls.filter(({ name }) => name === 'compareAndSwap')).toHaveLength(2);
    expect(report.seconds).toBeLessThan(5);
  });
});

describe('two IMDb IDs with the same movie', () => {
  const review = 'tmdb/reviews/year-2004/initial-AD/tmdb-movie-7-review-r1.json';

  beforeEach(() => {
    tmdb.answers[`/3/movie/${A}`] = undefined;
    tmdb.answers[`/3/find/${A}`] = foundMovies(7);
    tmdb.answers['/3/movie/7'] = details(7, B, reviewPage(['r1']));
    tmdb.answers[`/3/movie/${B}`] = details(7, B, reviewPage(['r1']));
  });

  it.each([
    [[A], [B]],
    [[B], [A]],
    [[A, B], []],
  ])('assign the documents to the id that TMDB names, in any order (%j, then %j)', async (first, second) => {
    await download({ only: new Set(first) });
    await download({ only: new Set(second) });
    expect(manifest().titles[A]).toMatchObject({ state: 'found', tmdbId: 7, duplicateOf: B });
    expect(manifest().titles[B]).not.toHaveProperty('duplicateOf');
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: B, id_imdb: B });
    expect(json(review)).toMatchObject({ idIMDB: B });
    expect(lake.text(review)).toMatch(/^\{.*\}\n$/);
    expect(manifest().counts).toMatchObject({ found: 2, reviews: 1 });
  });

  it('assign the documents to the smaller id when TMDB names neither', async () => {
    tmdb.answers['/3/movie/7'] = details(7, '', reviewPage(['r1']));
    tmdb.answers[`/3/movie/${B}`] = undefined;
    tmdb.answers[`/3/find/${B}`] = foundMovies(7);
    await download({ only: new Set([B]) });
    await download();
    expect(manifest().titles[B]).toMatchObject({ duplicateOf: A });
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: A });
  });

  it('assign each review to the owner, even if both ids were written alternately', async () => {
    let moviesWritten = 0;
    lake.beforeCall = (name, key) => {
      if (name !== 'write' || key !== movieKey(partition, 7)) return;
      moviesWritten += 1;
      // The late write of the other connection.
      if (moviesWritten === 2) lake.put(review, JSON.stringify({ id: 'r1', movie_id: 7, idIMDB: A }));
    };
    await download();
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: B });
    expect(json(review)).toMatchObject({ idIMDB: B });
  });

  it('get their documents back after a run that was killed before it had assigned them', async () => {
    await download();
    const { parts, ...killed } = manifest();
    const key = movieKey(partition, 7);
    lake.put(key, JSON.stringify({ ...json(key), idIMDB: A, id_imdb: A }));
    lake.put(review, JSON.stringify({ ...json(review), idIMDB: A }));
    const outdated = { ...killed, parts: { ...parts, outdated: [A, B, C] } };
    lake.put(manifestKey(partition), JSON.stringify(outdated));
    await download();
    expect(manifest().titles[A]).toMatchObject({ duplicateOf: B });
    expect(json(key)).toMatchObject({ idIMDB: B, id_imdb: B });
    expect(json(review)).toMatchObject({ idIMDB: B });
  });

  it('leave the documents to the other id when another run finds another movie for the owner meanwhile', async () => {
    lake.beforeCall = (name, key) => {
      if (name !== 'write' || !key.includes('/tables/')) return;
      lake.beforeCall = undefined;
      const { titles, ...theirs } = manifest();
      const moved = { state: 'found', tmdbId: 8, reviews: 0, at: '2026-11-22T11:00:00.000Z' };
      const single = { ...moved, tmdbId: 7, reviews: 1, reviewIds: ['r1'] };
      lake.put(movieKey(partition, 8), JSON.stringify({ id: 8, idIMDB: B, id_imdb: B }));
      lake.put(
        manifestKey(partition),
        JSON.stringify({ ...theirs, titles: { ...titles, [A]: single, [B]: moved } }),
      );
    };
    await download();
    expect(manifest()).toMatchObject({ complete: true, titles: { [A]: { tmdbId: 7 }, [B]: { tmdbId: 8 } } });
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: A, id_imdb: A });
    expect(json(review)).toMatchObject({ idIMDB: A });
  });

  it('leave the documents to the other id when this run does not know the owner that another run has chosen', async () => {
    tmdb.answers[`/3/movie/${B}`] = undefined;
    tmdb.answers[`/3/find/${B}`] = foundMovies();
    lake.beforeCall = (name, key) => {
      if (name !== 'write' || !key.includes('/tables/')) return;
      lake.beforeCall = undefined;
      const at = '2026-11-22T09:00:00.000Z';
      const theirs = { state: 'found', tmdbId: 7, reviews: 1, reviewIds: ['r1'], at };
      const titles = { [A]: { ...theirs, duplicateOf: B }, [B]: theirs };
      const movie = movieKey(partition, 7);
      for (const document of [movie, review])
        lake.put(document, JSON.stringify({ ...json(document), idIMDB: B }));
      lake.put(manifestKey(partition), JSON.stringify({ ...manifest(), titles }));
    };
    await download();
    expect(manifest().titles).toMatchObject({ [A]: { tmdbId: 7 }, [B]: { state: 'notFound' } });
    expect(manifest().titles[A]).not.toHaveProperty('duplicateOf');
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: A });
    expect(json(review)).toMatchObject({ idIMDB: A });
  });

  it('make no further call once they are resolved', async () => {
    await download();
    lake.calls.length = 0;
    await download();
    expect(lake.calls.filter(({ key }) => key.includes('movie-7'))).toEqual([]);
  });

  it('assign the documents to the other id when the owner leaves the partition', async () => {
    await download();
    const titles = [A, C].map((imdbId) => ({ imdbId, title: 'Ad' }));
    await download({ titles, snapshot: '2026-11-23' });
    expect(manifest().titles[A]).not.toHaveProperty('duplicateOf');
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: A, id_imdb: A });
    expect(json(review)).toMatchObject({ idIMDB: A });
    expect(manifest().counts).toMatchObject({ found: 1, reviews: 1 });
    expect(manifest().complete).toBe(true);
  });

  it('keep an owner whose next lookup fails', async () => {
    await download();
    tmdb.answers[`/3/movie/${B}`] = 503;
    tmdb.clock.advance(1_000);
    await download({ only: new Set([B]), redoBefore: new Date(tmdb.clock.now()).toISOString() });
    expect(manifest().titles[A]).toMatchObject({ duplicateOf: B });
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: B });
  });

  it('keep an owner of three ids whose next lookup fails', async () => {
    tmdb.answers[`/3/movie/${C}`] = details(7, B);
    tmdb.answers[`/3/find/${C}`] = foundMovies(7);
    await download();
    expect(manifest().titles[C]).toMatchObject({ duplicateOf: B });
    tmdb.answers[`/3/movie/${B}`] = 503;
    tmdb.clock.advance(1_000);
    await download({ only: new Set([B]), redoBefore: new Date(tmdb.clock.now()).toISOString() });
    expect(manifest().titles[A]).toMatchObject({ duplicateOf: B });
    expect(json(movieKey(partition, 7))).toMatchObject({ idIMDB: B });
  });

  it('leave a truncated review of an older lake unchanged', async () => {
    const damaged = review.replace('r1', 'older');
    lake.put(damaged, '{"id":');
    expect(await download()).toMatchObject({ complete: true });
    expect(lake.text(damaged)).toBe('{"id":');
  });
});
