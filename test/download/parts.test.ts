import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DownloadControl,
  type DownloadJob,
  downloadPartition,
} from '../../src/download/download-partition.ts';
import type { Manifest, TitleState } from '../../src/download/manifest.ts';
import { hasParts } from '../../src/download/manifest-parts.ts';
import { listPartDocuments } from '../../src/download/part-documents.ts';
import { UserError } from '../../src/errors.ts';
import { manifestKey, movieKey, type PartTable, partKey, reviewKey } from '../../src/lake/keys.ts';
import { MemoryLake, type MemoryLakeCall } from '../support/memory-lake.ts';
import { details, foundMovies, reviewPage, type SmallTmdb, startSmallTmdb } from '../support/small-tmdb.ts';

const partition = { year: 2004, initial: 'AD' };
const titleTypes = ['movie'];
const settings = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;
const A = 'tt0000001';
const B = 'tt0000002';
const C = 'tt0000003';
const MANIFEST = manifestKey(partition);
const PARTS = [partKey('movies', partition), partKey('reviews', partition)];

let lake: MemoryLake;
let tmdb: SmallTmdb;

beforeEach(async () => {
  tmdb = await startSmallTmdb({
    [`/3/movie/${A}`]: details(10, A, reviewPage(['r2', 'r1'])),
    [`/3/movie/${B}`]: details(9, B, reviewPage(['r3'])),
    [`/3/find/${C}`]: foundMovies(),
  });
  lake = new MemoryLake('memory://lake', tmdb.clock.now);
});

afterEach(() => tmdb.stop());

function download(changes: Partial<DownloadJob> = {}, control?: DownloadControl, into = lake) {
  const titles = [A, B, C].map((imdbId) => ({ imdbId, title: 'Ad' }));
  return downloadPartition(
    { lake: into, tmdb: tmdb.client, clock: tmdb.clock },
    { partition, snapshot: '2026-11-22', titleTypes, titles, settings, run: 'run-1', ...changes },
    control,
  );
}

/** Downloads titles again, as `--refresh` does. */
function refresh(changes: Partial<DownloadJob> = {}, control?: DownloadControl) {
  tmdb.clock.advance(1_000);
  return download({ redoBefore: new Date(tmdb.clock.now()).toISOString(), ...changes }, control);
}

function manifest(): Manifest {
  return JSON.parse(lake.text(MANIFEST) ?? 'null');
}

function lines(table: PartTable): string[] {
  const body = lake.bytes(partKey(table, partition));
  return body === undefined ? [] : gunzipSync(body).toString().split('\n').slice(0, -1);
}

/** The TMDB IDs of a part's lines; those of reviews follow their movie's. */
function ids(table: PartTable): string[] {
  return lines(table).map((line) => {
    const { id, movie_id: movie } = JSON.parse(line);
    return movie === undefined ? String(id) : `${movie}/${id}`;
  });
}

/** Expects that the parts are current, and that each line is the document in the lake. */
function expectCurrent(movies: string[], reviews: string[]): void {
  expect(hasParts(manifest())).toBe(true);
  expect({ movies: ids('movies'), reviews: ids('reviews') }).toEqual({ movies, reviews });
  expect(manifest().parts).toMatchObject({
    movies: { rows: movies.length },
    reviews: { rows: reviews.length },
  });
  const stored = [
    ...movies.map((id) => movieKey(partition, Number(id))),
    ...reviews.map((name) => {
      const [movie = '', review = ''] = name.split('/');
      return reviewKey(partition, Number(movie), review);
    }),
  ].map((key) => lake.text(key)?.trimEnd());
  expect([...lines('movies'), ...lines('reviews')]).toEqual(stored);
}

/** The calls since the last time, as `write tmdb/…`. */
function takeCalls(...names: MemoryLakeCall['name'][]): string[] {
  const calls = lake.calls.splice(0).filter(({ name }) => names.length === 0 || names.includes(name));
  return calls.map(({ name, key }) => `${name} ${key}`);
}

describe('the parts of a partition', () => {
  it('are written when it is complete: two more writes, before the manifest that records them', async () => {
    const report = await download();
    expect(report.parts).toEqual({ movies: 2, reviews: 3 });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(takeCalls().slice(-4)).toEqual([
      expect.stringMatching(/^write tmdb\/movies\//),
      ...PARTS.map((key) => `write ${key}`),
      `compareAndSwap ${MANIFEST}`,
    ]);
    expect(lake.contentType(PARTS[0] ?? '')).toBe('application/gzip');
  });

  it('are written without any other request to the lake or TMDB', async () => {
    await download();
    const requests = tmdb.asked().length;
    const calls = takeCalls();
    expect(requests).toBe(4);
    expect(calls.filter((call) => call.startsWith('compareAndSwap'))).toHaveLength(2); // Claim and end.
    expect(calls.filter((call) => !call.startsWith('write '))).toEqual([
      `read ${MANIFEST}`,
      `compareAndSwap ${MANIFEST}`,
      `compareAndSwap ${MANIFEST}`,
    ]);
    expect(calls.filter((call) => call.startsWith('write '))).toHaveLength(5 + 2);
  });

  it('are written from memory also when the responses to the writes of the manifest are lost', async () => {
    const swap = lake.compareAndSwap.bind(lake);
    lake.compareAndSwap = async (...args) => {
      await swap(...args);
      return swap(...args); // The repetition of the request, which S3 answers with 412.
    };
    expect(await download()).toMatchObject({ outcome: 'complete', parts: { movies: 2, reviews: 3 } });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(takeCalls('read')).toEqual([MANIFEST, MANIFEST, MANIFEST].map((key) => `read ${key}`));
  });

  it('are written even if it has no movie', async () => {
    await download({ titles: [{ imdbId: C, title: 'Ad' }] });
    expectCurrent([], []);
    expect(lake.keys('tmdb/tables/')).toEqual(PARTS);
  });

  it('are not written before it is complete', async () => {
    expect(await download({ only: new Set([A, B]) })).not.toHaveProperty('parts');
    expect(lake.keys('tmdb/tables/')).toEqual([]);
    expect(manifest()).not.toHaveProperty('parts');
    expect(await download({ only: new Set([C]) })).toMatchObject({ parts: { movies: 2, reviews: 3 } });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('stay as they are when there is nothing to do', async () => {
    await download();
    takeCalls();
    const before = manifest().parts;
    expect(await download({ run: 'run-2' })).not.toHaveProperty('parts');
    expect(takeCalls()).toEqual([
      `read ${MANIFEST}`,
      ...PARTS.map((key) => `read ${key}`),
      `compareAndSwap ${MANIFEST}`,
    ]);
    expect(manifest().parts).toEqual(before);
  });

  it('contain what changes in a complete partition, and its other lines without reading their documents', async () => {
    await download();
    tmdb.answers[`/3/movie/${A}`] = { ...details(10, A, reviewPage(['r4', 'r2'])), title: 'Renamed' };
    takeCalls();
    await refresh({ only: new Set([A]) });
    expect(takeCalls('read')).toEqual([MANIFEST, ...PARTS].map((key) => `read ${key}`));
    expectCurrent(['9', '10'], ['9/r3', '10/r2', '10/r4']);
    expect(lines('movies')[1]).toContain('Renamed');
    expect(lake.text(reviewKey(partition, 10, 'r1'))).toBeDefined();
  });

  it('lose movies and reviews that TMDB has deleted or renumbered, and titles that have left', async () => {
    await download();
    tmdb.answers[`/3/movie/${A}`] = details(8, A, reviewPage(['r2']));
    tmdb.answers[`/3/movie/${B}`] = undefined;
    tmdb.answers[`/3/find/${B}`] = foundMovies();
    await refresh();
    expectCurrent(['8'], ['8/r2']);
    await download({ titles: [{ imdbId: C, title: 'Ad' }], snapshot: '2026-11-23' });
    expectCurrent([], []);
    expect(lake.text(movieKey(partition, 9))).toBeDefined();
  });

  it('are outdated while another title is failed or missing', async () => {
    await download();
    tmdb.answers[`/3/movie/${A}`] = 503;
    takeCalls();
    expect(await refresh({ only: new Set([A]) })).not.toHaveProperty('parts');
    expect(manifest()).toMatchObject({ complete: false, parts: { movies: { rows: 2 }, outdated: [A] } });
    expect(takeCalls('write')).toEqual([]);
    tmdb.answers[`/3/movie/${A}`] = details(10, A);
    await download();
    expectCurrent(['9', '10'], ['9/r3']);
  });

  it('are written again under other settings', async () => {
    await download();
    const german = { ...settings, language: 'de-DE', reviewLanguage: 'de-DE' };
    await download({ settings: german, only: new Set([B]) });
    expect(manifest()).not.toHaveProperty('parts');
    await download({ settings: german });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('have one line for two IMDb IDs with the same movie, whichever of them is downloaded again', async () => {
    tmdb.answers[`/3/find/${C}`] = foundMovies(9);
    tmdb.answers['/3/movie/9'] = details(9, B, reviewPage(['r3']));
    await download();
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(manifest().titles[C]).toMatchObject({ duplicateOf: B });
    tmdb.answers['/3/movie/9'] = { ...details(9, B, reviewPage(['r3'])), title: 'Renamed' };
    await refresh({ only: new Set([C]) });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(JSON.parse(lines('movies')[0] ?? '')).toMatchObject({ title: 'Renamed', idIMDB: B });
    expect(JSON.parse(lines('reviews')[0] ?? '')).toMatchObject({ idIMDB: B });
  });

  it.each([
    ['owns', B],
    ['does not own', C],
  ])(
    'have the reviews that TMDB has for the ID downloaded last, even if it leaves and %s the movie',
    async (_, last) => {
      tmdb.answers[`/3/find/${C}`] = foundMovies(9);
      tmdb.answers['/3/movie/9'] = details(9, B, reviewPage(['r3']));
      await download();
      for (const path of [`/3/movie/${B}`, '/3/movie/9'])
        tmdb.answers[path] = details(9, B, reviewPage(['r5', 'r3']));
      await refresh({ only: new Set([last]) });
      expectCurrent(['9', '10'], ['9/r3', '9/r5', '10/r1', '10/r2']);
      expect(manifest().counts.reviews).toBe(4);
      const titles = [A, B, C].filter((imdbId) => imdbId !== last).map((imdbId) => ({ imdbId, title: 'Ad' }));
      await download({ titles, snapshot: '2026-11-23' });
      expectCurrent(['9', '10'], ['9/r3', '9/r5', '10/r1', '10/r2']);
      expect(manifest().counts.reviews).toBe(4);
    },
  );

  it('list the movie of two IMDb IDs whose owner has failed, so that an export does not lack it', async () => {
    const at = '2026-11-22T10:00:00.000Z';
    const titles: [string, TitleState][] = [
      [A, { state: 'found', tmdbId: 9, reviews: 1, reviewIds: ['r3'], duplicateOf: B, at }],
      [B, { state: 'failed', reason: '503', tries: 8, at }],
    ];
    const { movies, reviews } = await listPartDocuments({ lake }, { partition, titles });
    expect([...movies, ...reviews].map(({ key }) => key)).toEqual([
      movieKey(partition, 9),
      reviewKey(partition, 9, 'r3'),
    ]);
  });

  it('have documents that are too large to be kept in memory, too', async () => {
    const text = 'x'.repeat(9_000_000);
    for (const [imdbId, id] of [
      [A, 10],
      [B, 9],
    ] as const)
      tmdb.answers[`/3/movie/${imdbId}`] = { ...details(id, imdbId), overview: text };
    await download();
    expect(takeCalls('read')).toEqual([
      `read ${MANIFEST}`,
      expect.stringMatching(/tmdb-movie-(?:9|10).json$/),
    ]);
    expectCurrent(['9', '10'], []);
  });

  it('contain an escaped lone surrogate as U+FFFD, and the document keeps it', async () => {
    tmdb.answers[`/3/movie/${B}`] = { ...details(9, B), title: '\ud83d!' };
    await download();
    expect(lines('movies')[0]).toContain('"title":"\\ufffd!"');
    expect(lake.text(movieKey(partition, 9))).toContain('"title":"\\ud83d!"');
  });
});

describe('the parts of a lake of an earlier version', () => {
  /** Removes what earlier versions did not write. */
  function makeOld(): void {
    for (const key of PARTS) lake.remove(key);
    const { parts: _, ...old } = manifest();
    const titles = Object.entries(old.titles).map(([imdbId, title]) => {
      const { reviewIds: __, ...rest } = title as { reviewIds?: string[] };
      return [imdbId, rest];
    });
    lake.put(MANIFEST, JSON.stringify({ ...old, titles: Object.fromEntries(titles) }));
    takeCalls();
  }

  it('are written by the next run, from the documents and without a request to TMDB', async () => {
    await download();
    makeOld();
    const before = tmdb.asked().length;
    expect(await download()).toMatchObject({
      outcome: 'complete',
      thisRun: { total: 0, requests: 0 },
      parts: { movies: 2, reviews: 3 },
    });
    expect(tmdb.asked()).toHaveLength(before);
    expect(takeCalls('list')).toEqual(['list tmdb/reviews/year-2004/initial-AD/']);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    // The reviews of titles without a list come from the part now.
    await refresh({ only: new Set([C]) });
    expect(takeCalls('list')).toEqual([]);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('have the newest reviews of a movie of which TMDB has deleted some', async () => {
    await download();
    tmdb.clock.advance(1_000);
    tmdb.answers[`/3/movie/${A}`] = details(10, A, reviewPage(['r4', 'r2']));
    await refresh();
    makeOld();
    await download();
    expectCurrent(['9', '10'], ['9/r3', '10/r2', '10/r4']);
  });

  it('have documents of the Python tool as one line', async () => {
    await download();
    makeOld();
    lake.put(movieKey(partition, 9), '\ufeff{\r\n  "id": 9,\r\n  "title": "Ad"\r\n}');
    await download();
    expect(lines('movies')[0]).toBe('{ "id": 9, "title": "Ad" }');
  });

  it.each([
    ['is truncated', movieKey(partition, 10), '{"id":10,', 'its document in the lake is damaged'],
    ['is another movie', movieKey(partition, 10), '{"id":11}', 'its document in the lake is damaged'],
    ['is missing', movieKey(partition, 10), undefined, 'its document is missing in the lake'],
    [
      'is a truncated review',
      reviewKey(partition, 10, 'r1'),
      '',
      'some of its reviews in the lake are damaged',
    ],
    [
      'is a missing review',
      reviewKey(partition, 10, 'r1'),
      undefined,
      'some of its reviews are missing in the lake',
    ],
  ])(
    'fail the title whose document %s, and the next run downloads it again',
    async (_, key, text, reason) => {
      await download();
      makeOld();
      if (text === undefined) lake.remove(key);
      else lake.put(key, text);
      const report = await download();
      expect(report).toMatchObject({
        outcome: 'failedTitles',
        complete: false,
        thisRun: { total: 0, failed: 1 },
        counts: { found: 1, failed: 1 },
        failures: [{ reason, titles: 1, examples: [A] }],
      });
      expect(manifest().titles[A]).toMatchObject({ state: 'failed', reason });
      expect(lake.keys('tmdb/tables/')).toEqual([]);
      expect(await download()).toMatchObject({ outcome: 'complete', thisRun: { total: 1, found: 1 } });
      expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    },
  );
});

describe('the parts of an interrupted run', () => {
  /** Ends the process, so to speak, before or after a write: every later call of the lake fails, too. */
  function killAt(key: string, when: 'before' | 'after'): void {
    let isDead = false;
    lake.beforeCall = (name, called) => {
      const isLast = name === 'write' && called === key;
      if (!isDead && isLast && when === 'after') {
        isDead = true;
        return;
      }
      isDead ||= isLast;
      if (isDead) throw new UserError('Killed.');
    };
  }

  it.each([
    ['the first part', PARTS[0] ?? '', 'before'],
    ['the second part', PARTS[1] ?? '', 'before'],
    ['the second part', PARTS[1] ?? '', 'after'],
  ] as const)('that was killed at %s (%s, %s it) are written by the next one', async (_, key, when) => {
    await download();
    tmdb.answers[`/3/movie/${A}`] = { ...details(10, A, reviewPage(['r1'])), title: 'Renamed' };
    killAt(key, when);
    await expect(refresh()).rejects.toThrow('Killed.');
    lake.beforeCall = undefined;
    // The documents are new and the manifest is old; the next run has nothing to download.
    await download();
    const isNew = lines('movies').some((line) => line.includes('Renamed'));
    await refresh();
    expectCurrent(['9', '10'], ['9/r3', '10/r1']);
    expect(lines('movies')[1]).toContain('Renamed');
    if (when === 'after') expect(isNew).toBe(true);
  });

  it('are left to the next run when it is aborted while it writes them', async () => {
    const abort = new AbortController();
    lake.beforeCall = (name, key) => {
      if (name !== 'write' || !PARTS.includes(key)) return;
      abort.abort(new Error('The time is up.'));
      abort.signal.throwIfAborted();
    };
    const report = await download({}, { abort: abort.signal });
    expect(report).toMatchObject({ outcome: 'stopped', complete: true, thisRun: { done: 3 } });
    expect(report).not.toHaveProperty('parts');
    expect(manifest()).toMatchObject({ complete: true, lastRun: { outcome: 'stopped' } });
    expect(hasParts(manifest())).toBe(false);
    lake.beforeCall = undefined;
    expect(await download()).toMatchObject({ outcome: 'complete', thisRun: { requests: 0 } });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are written after a stop, when all titles are done', async () => {
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 3 && stop.abort();
    expect(await download({}, { stop: stop.signal, onProgress })).toMatchObject({ outcome: 'complete' });
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are not written when a refresh is stopped before its end', async () => {
    await download();
    const stop = new AbortController();
    stop.abort();
    takeCalls();
    expect(await refresh({}, { stop: stop.signal })).toMatchObject({ outcome: 'stopped', complete: true });
    expect(takeCalls('write')).toEqual([]);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are outdated before a run overwrites documents, because it may be killed before its next checkpoint', async () => {
    await download();
    tmdb.answers[`/3/movie/${A}`] = { ...details(10, A, reviewPage(['r1', 'r2'])), title: 'Renamed' };
    let isKilled = false;
    lake.beforeCall = () => {
      isKilled ||= lake.text(movieKey(partition, 10))?.includes('Renamed') === true;
      if (isKilled) throw new UserError('The process was killed.');
    };
    await expect(refresh()).rejects.toThrow('The process was killed.');
    lake.beforeCall = undefined;
    expect(hasParts(manifest())).toBe(false);
    await download();
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(lines('movies')[1]).toContain('Renamed');
  });

  it('are outdated by one more write of the manifest, whatever the number of titles', async () => {
    await download();
    takeCalls();
    await refresh();
    expect(takeCalls('compareAndSwap')).toHaveLength(2);
  });

  it('that cannot be written are an error, and no title is lost', async () => {
    lake.beforeCall = (name, key) => {
      if (name === 'write' && PARTS.includes(key)) throw new UserError('The bucket is full.');
    };
    await expect(download()).rejects.toThrow('The bucket is full.');
    expect(manifest()).toMatchObject({ complete: true, counts: { found: 2 }, lastRun: { outcome: 'error' } });
    expect(hasParts(manifest())).toBe(false);
    lake.beforeCall = undefined;
    const before = tmdb.asked().length;
    await download();
    expect(tmdb.asked()).toHaveLength(before);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are written again when someone has deleted or replaced them', async () => {
    await download();
    for (const damage of [() => lake.remove(PARTS[0] ?? ''), () => lake.put(PARTS[1] ?? '', 'other')]) {
      damage();
      expect(await download()).toMatchObject({ thisRun: { requests: 0 }, parts: { movies: 2, reviews: 3 } });
      expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    }
  });
});

describe('the parts of two concurrent runs', () => {
  it.each(['one', 'two'])('equal the documents when run "%s" ends last', async (last) => {
    await download();
    tmdb.clock.advance(1_000);
    const redoBefore = new Date(tmdb.clock.now()).toISOString();
    let renamed = 0;
    for (const [imdbId, id] of [
      [A, 10],
      [B, 9],
    ] as const)
      tmdb.answers[`/3/movie/${imdbId}`] = () => ({
        ...details(id, imdbId),
        title: `Renamed ${renamed++}`,
      });
    let endOther = () => {};
    const otherEnded = new Promise<void>((resolve) => {
      endOther = resolve;
    });
    // The one that ends last has written its parts before the other one saves its manifest.
    const run = (name: string) =>
      download({ run: name, redoBefore }, {}, waiting(lake, name === last ? otherEnded : undefined));
    const other = last === 'one' ? 'two' : 'one';
    const reports = await Promise.all([run(last), run(other).finally(() => endOther())]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['complete', 'complete']);
    expect(manifest().lastRun.run).toBe(last);
    expectCurrent(['9', '10'], []);
  });

  it('are current in the end, however often another run changes the manifest meanwhile', async () => {
    await download();
    let changes = 0;
    lake.beforeCall = (name, key) => {
      if (name !== 'compareAndSwap' || key !== MANIFEST || changes === 8) return;
      changes += 1;
      changeTitle(B, changes);
    };
    await refresh();
    expect(changes).toBe(8);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are left to the next run if others with the same states replace the parts and the manifest at each save', async () => {
    await download();
    const [text = '', part = ''] = [lake.text(MANIFEST), lake.bytes(PARTS[0] ?? '')];
    tmdb.answers[`/3/movie/${A}`] = { ...details(10, A, reviewPage(['r1', 'r2'])), title: 'Renamed' };
    let saves = 0;
    lake.beforeCall = (name, key) => {
      if (name !== 'compareAndSwap' || key !== MANIFEST) return;
      saves += 1;
      const theirs: Manifest = JSON.parse(text);
      const later = Object.entries(theirs.titles).map(([imdbId, title]) => [
        imdbId,
        { ...title, at: '2030-01-01T00:00:00.000Z' },
      ]);
      if (saves % 2 === 0) return;
      lake.put(PARTS[0] ?? '', part);
      lake.put(MANIFEST, JSON.stringify({ ...theirs, titles: Object.fromEntries(later) }));
    };
    const report = await refresh();
    expect(report).toMatchObject({ outcome: 'stopped', complete: true });
    expect(report).not.toHaveProperty('parts');
    expect(hasParts(manifest())).toBe(false);
    lake.beforeCall = undefined;
    await download();
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
    expect(lines('movies')[1]).toContain('Renamed');
  });

  it('are left to the next run when it is aborted after another run has outdated those it has written', async () => {
    await download();
    const abort = new AbortController();
    let swaps = 0;
    lake.beforeCall = (name, key) => {
      const areWritten = lake.calls.slice(-2).some((call) => PARTS.includes(call.key));
      if (name !== 'compareAndSwap' || key !== MANIFEST || (swaps === 0 && !areWritten)) return;
      swaps += 1;
      if (swaps === 1) changeTitle(B, 60_000);
      else abort.abort(new Error('The time is up.'));
    };
    takeCalls();
    const report = await refresh({}, { abort: abort.signal });
    expect(report).toMatchObject({ outcome: 'stopped', complete: true });
    expect(report).not.toHaveProperty('parts');
    expect(manifest().lastRun.outcome).toBe('stopped');
    expect(hasParts(manifest())).toBe(false);
    lake.beforeCall = undefined;
    await download();
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  it('are written by the one that completes the partition', async () => {
    const [one, two] = await Promise.all([
      download({ run: 'one', only: new Set([A]) }),
      download({ run: 'two', only: new Set([B, C]) }),
    ]);
    expect([one, two].filter(({ parts }) => parts)).toHaveLength(1);
    expectCurrent(['9', '10'], ['9/r3', '10/r1', '10/r2']);
  });

  /** Changes the manifest as another run does that downloads a title again, some time from now. */
  function changeTitle(imdbId: string, ms = 1): void {
    const at = new Date(tmdb.clock.now() + ms).toISOString();
    const { titles, ...theirs } = manifest();
    lake.put(
      MANIFEST,
      JSON.stringify({ ...theirs, titles: { ...titles, [imdbId]: { ...titles[imdbId], at } } }),
    );
  }

  /** A lake whose compare-and-swaps wait. */
  function waiting(inner: MemoryLake, until: Promise<void> | undefined): MemoryLake {
    const outer = Object.create(inner) as MemoryLake;
    return until === undefined
      ? inner
      : Object.assign(outer, {
          read: inner.read.bind(inner),
          write: inner.write.bind(inner),
          list: inner.list.bind(inner),
          compareAndSwap: async (...args: Parameters<MemoryLake['compareAndSwap']>) => {
            await until;
            return inner.compareAndSwap(...args);
          },
        });
  }
});
