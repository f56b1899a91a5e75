import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { ensurePartitionIndex, type IndexProgress } from '../../src/imdb/build-index.ts';
import { readPartition } from '../../src/imdb/partition-index.ts';
import { SnapshotError, SnapshotGoneError } from '../../src/imdb/snapshot-error.ts';
import { indexMapKey, snapshotKey } from '../../src/lake/keys.ts';
import type { OnWait, Wait } from '../../src/wait.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { gzipRows, HEADER, SOME_ROWS, titleRow } from './snapshot-file.ts';

const DAY = '2026-11-22';
const MOVIES = { day: DAY, titleTypes: ['movie'] };
const GOOD = gzipRows(SOME_ROWS);
const MANY = gzipRows(
  Array.from({ length: 30_000 }, (_, at) => titleRow(`tt${1_000_000 + at}`, `M${at * 7919}`, 1990)),
);

let imdb: LoopbackServer | undefined;
afterEach(async () => {
  await imdb?.stop();
  imdb = undefined;
});

describe('ensurePartitionIndex', () => {
  it('downloads the snapshot once for all partitions and title types, and stores it byte for byte', async () => {
    const { deps, lake } = await serve((response) => response.end(MANY));
    const progress: IndexProgress[] = [];
    const index = await ensurePartitionIndex(deps, { ...MOVIES, onProgress: (step) => progress.push(step) });
    expect(Buffer.compare((await lake.read(snapshotKey(DAY)))?.body ?? Buffer.alloc(0), MANY)).toBe(0);
    expect(lake.contentType(snapshotKey(DAY))).toBe('application/gzip');
    expect(progress.at(-1)).toEqual({
      from: 'imdb',
      sizeBytes: MANY.length,
      bytes: MANY.length,
      rows: 30_000,
    });
    for (const initial of ['M0', 'M1', 'M2', 'M3']) {
      await readPartition(deps, await ensurePartitionIndex(deps, MOVIES), { year: 1990, initial });
    }
    expect(index.rowCounts).toEqual({ rows: 30_000, wanted: 30_000, bad: 0 });
    await ensurePartitionIndex(deps, { day: DAY, titleTypes: ['movie', 'short'] });
    expect(imdb?.requests).toEqual(['GET /data/title.basics.tsv.gz']);
  });

  it('sends its User-Agent and requests no further compression', async () => {
    let headers: Record<string, unknown> = {};
    const { deps } = await serve((response) => {
      headers = response.req.headers;
      response.end(GOOD);
    });
    await ensurePartitionIndex(deps, MOVIES);
    expect(headers).toMatchObject({ 'user-agent': 'tdd-test/1', 'accept-encoding': 'identity' });
  });

  it('builds the index from a snapshot in the lake, without a request to IMDb', async () => {
    const { deps, lake } = await serve((response) => response.end('never'));
    lake.put(snapshotKey('2026-11-20'), GOOD);
    const progress: IndexProgress[] = [];
    const index = await ensurePartitionIndex(deps, {
      day: '2026-11-20',
      titleTypes: ['movie'],
      onProgress: (step) => progress.push(step),
    });
    expect(index.snapshot).toBe('2026-11-20');
    expect(progress.at(-1)).toEqual({ from: 'lake', sizeBytes: GOOD.length, bytes: GOOD.length, rows: 12 });
    expect(imdb?.requests).toEqual([]);
  });

  it("never uses today's list for another day", async () => {
    const { deps, lake } = await serve((response) => response.end(GOOD));
    for (const day of ['2026-11-21', '2026-11-23']) {
      const error = await failure(ensurePartitionIndex(deps, { day, titleTypes: ['movie'] }));
      expect(error).toBeInstanceOf(SnapshotGoneError);
      expect(error.message).toBe(
        `IMDb's list of ${day} is not in the lake memory://lake, and IMDb publishes only today's list: use the list of ${DAY}, or a lake that contains ${snapshotKey(day)}.`,
      );
    }
    expect(imdb?.requests).toEqual([]);
    expect(lake.keys()).toEqual([]);
  });

  it.each<[what: string, message: string, requests: number, answer: (response: ServerResponse) => unknown]>([
    ['404', 'cannot be downloaded (HTTP 404): try again later, or check IMDB_DATASETS_URL.', 2, status(404)],
    ['403', 'cannot be downloaded (HTTP 403): ', 2, status(403)],
    ['500', 'cannot be downloaded (HTTP 500): ', 3, status(500)],
    ['503', 'cannot be downloaded (HTTP 503): ', 3, status(503)],
    [
      'HTML',
      'is a web page instead of a gzip file (it begins with "<!DOCTYPE html><p>',
      2,
      body('<!DOCTYPE html><p>Hi'),
    ],
    ['text', 'is not a gzip file (it begins with "tconst', 2, body(HEADER)],
    ['an empty body', 'is empty: ', 3, body('')],
    ['an empty gzip file', 'is empty: ', 2, body(gzipSync(''))],
    ['a header without rows', 'has a header but no rows: ', 2, body(gzipRows([]))],
    [
      'a missing column',
      'lacks the column startYear (its',
      2,
      body(gzipRows(SOME_ROWS, { header: HEADER.replace('startYear', 'year') })),
    ],
    ['a wrong checksum', 'is corrupt (incorrect data check): ', 2, body(corrupt(GOOD, GOOD.length - 6))],
    ['data after the end', 'is corrupt (', 2, body(Buffer.concat([GOOD, Buffer.from('<p>')]))],
    ['corrupt data', 'is corrupt (', 2, body(corrupt(MANY, 5_000))],
    ['a closed connection', 'cannot be downloaded (', 3, (response) => response.destroy()],
    ['a connection closed within the body', 'cannot be downloaded (', 3, closeHalfway],
  ])('explains %s in one sentence and keeps nothing in the lake', async (_, message, requests, answer) => {
    const { deps, lake } = await serve(answer);
    const error = await failure(ensurePartitionIndex(deps, MOVIES));
    expect(error).toBeInstanceOf(SnapshotError);
    expect(error).toMatchObject({ exitCode: 1 });
    expect(error.message).toContain(`IMDb's list at ${imdb?.url}/data/title.basics.tsv.gz ${message}`);
    expect(lake.keys()).toEqual([]);
    expect(imdb?.requests).toHaveLength(requests);
  });

  it('detects a file truncated at any point, even if the response ended normally', async () => {
    let length = 0;
    const { deps, lake } = await serve((response) => response.end(MANY.subarray(0, length)));
    const places = [
      1,
      2,
      3,
      9,
      10,
      11,
      20,
      1_000,
      65_536,
      MANY.length >> 1,
      ...[9, 8, 7, 5, 4, 1].map((left) => MANY.length - left),
    ];
    for (length of places) {
      const error = await failure(ensurePartitionIndex(deps, MOVIES));
      expect(error, `cut at ${length}`).toBeInstanceOf(SnapshotError);
      expect(error.message).toContain(' is truncated: ');
      expect(lake.keys()).toEqual([]);
    }
  });

  it.each([
    [
      'several gzip members',
      Buffer.concat([MANY, gzipSync(`${titleRow('tt9000000', 'Last', 2001)}\n`)]),
      30_001,
    ],
    ['zeros after its end', Buffer.concat([MANY, Buffer.alloc(3_000_000)]), 30_000],
  ])('reads a file with %s and stores all of it', async (_, bytes, rows) => {
    const { deps, lake } = await serve((response) => response.end(bytes));
    expect((await ensurePartitionIndex(deps, MOVIES)).rowCounts.rows).toBe(rows);
    expect((await lake.read(snapshotKey(DAY)))?.body.length).toBe(bytes.length);
  });

  it('starts over after a broken connection, without mixing two bodies', async () => {
    let requests = 0;
    const { deps, lake } = await serve((response) => {
      requests++;
      if (requests < 3) closeHalfway(response);
      else response.end(MANY);
    });
    const index = await ensurePartitionIndex(deps, MOVIES);
    expect(index.rowCounts.wanted).toBe(30_000);
    expect(Buffer.compare((await lake.read(snapshotKey(DAY)))?.body ?? Buffer.alloc(0), MANY)).toBe(0);
    expect(requests).toBe(3);
  });

  it("does not use the next day's list when midnight passes between two attempts", async () => {
    const { deps, lake } = await serve((response) => {
      if (imdb?.requests.length === 1) closeHalfway(response);
      else response.end(MANY);
    });
    deps.clock.advance(Date.parse(`${DAY}T23:59:59.500Z`) - deps.clock.now());
    const error = await failure(ensurePartitionIndex(deps, MOVIES));
    expect(error.message).toContain(`IMDb's list of ${DAY} is not in the lake`);
    expect(error.message).toContain('use the list of 2026-11-23');
    expect(lake.keys()).toEqual([]);
    expect(imdb?.requests).toHaveLength(1);
  });

  it('explains that the server cannot be reached, without showing the password in the URL', async () => {
    const { deps, lake } = await serve((response) => response.end(GOOD));
    const url = deps.datasetsUrl.replace('//', '//me:hush@');
    await imdb?.stop();
    const reported: Wait[] = [];
    const onWait: OnWait = (wait) => void reported.push(wait);
    const startMs = deps.clock.now();
    const error = await failure(ensurePartitionIndex({ ...deps, datasetsUrl: url, onWait }, MOVIES));
    expect(error.message).toMatch(
      /cannot be downloaded \(connect ECONNREFUSED .*\): check the network connection, or try again later\.$/,
    );
    const reason = expect.stringMatching(/^IMDb's list cannot be downloaded \(connect ECONNREFUSED .*\)$/);
    expect(reported).toEqual([
      { reason, next: 'retrying', untilMs: startMs + 2_000 },
      { reason, next: 'retrying', untilMs: startMs + 12_000 },
    ]);
    expect(error.message).not.toContain('hush');
    expect(lake.keys()).toEqual([]);
    await expect(ensurePartitionIndex({ ...deps, datasetsUrl: 'datasets' }, MOVIES)).rejects.toThrow(
      'IMDB_DATASETS_URL must be an http or https URL such as https://datasets.imdbws.com (got "datasets").',
    );
    const unreadable = { ...deps, datasetsUrl: 'https://me:hush@h.example:port' };
    await expect(ensurePartitionIndex(unreadable, MOVIES)).rejects.toThrow(
      'IMDB_DATASETS_URL must be an http or https URL such as https://datasets.imdbws.com.',
    );
  });

  it('closes the stream of a corrupt snapshot in the lake', async () => {
    const { deps, lake } = await serve((response) => response.end('never'));
    const noise = gzipSync(Buffer.concat([Buffer.from(`${HEADER}\n`), randomBytes(8_000_000)]));
    lake.put(snapshotKey(DAY), noise.fill(0, 3_000_000, 3_100_000));
    const streams: Readable[] = [];
    const readStream = lake.readStream.bind(lake);
    lake.readStream = async (...args) => {
      const stream = await readStream(...args);
      if (stream) streams.push(stream);
      return stream;
    };
    expect((await failure(ensurePartitionIndex(deps, MOVIES))).message).toContain(' is corrupt (');
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('throws an error of the lake, and builds no index of a snapshot that was not stored', async () => {
    const { deps, lake } = await serve((response) => response.end(MANY));
    const full = new UserError('The disk is full.');
    lake.beforeCall = (name) => {
      if (name === 'writeStream') throw full;
    };
    expect(await failure(ensurePartitionIndex(deps, MOVIES))).toBe(full);
    expect(lake.keys()).toEqual([]);
  });

  it('stops at once when it is aborted', async () => {
    const cancel = new AbortController();
    const { deps, lake } = await serve((response) => {
      response.write(MANY.subarray(0, MANY.length >> 1));
      setImmediate(() => cancel.abort(new Error('cancelled')));
    });
    const error = await failure(ensurePartitionIndex({ ...deps, signal: cancel.signal }, MOVIES));
    expect(error.message).toBe('cancelled');
    expect(lake.keys()).toEqual([]);
  });

  it('names the key of a truncated snapshot in the lake, and does not delete it', async () => {
    const { deps, lake } = await serve((response) => response.end(GOOD));
    lake.put(snapshotKey(DAY), GOOD.subarray(0, 100));
    const error = await failure(ensurePartitionIndex(deps, MOVIES));
    expect(error.message).toBe(
      `The copy of IMDb's list memory://lake/${snapshotKey(DAY)} is truncated: delete it to download it again, which is possible only on the same UTC day.`,
    );
    expect(lake.keys()).toEqual([snapshotKey(DAY)]);
    expect(imdb?.requests).toEqual([]);
  });

  it('builds the index again if its map is invalid', async () => {
    const { deps, lake } = await serve((response) => response.end(GOOD));
    const index = await ensurePartitionIndex(deps, MOVIES);
    for (const garbage of ['', 'garbage', gzipSync('[]'), gzipSync('{"rows":{},"partitions":{}}')]) {
      lake.put(indexMapKey(DAY, ['movie']), garbage);
      expect(await ensurePartitionIndex(deps, MOVIES)).toEqual(index);
    }
    expect(imdb?.requests).toHaveLength(1);
  });
});

async function serve(answer: (response: ServerResponse) => unknown) {
  imdb = await startLoopbackServer((_, response) => answer(response));
  const lake = new MemoryLake();
  const clock = createFakeClock(Date.parse(`${DAY}T10:00:00Z`));
  return { lake, deps: { lake, clock, datasetsUrl: `${imdb.url}/data`, userAgent: 'tdd-test/1' } };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('The promise was fulfilled.');
}

function status(code: number) {
  return (response: ServerResponse) => response.writeHead(code).end('<html>no</html>');
}

function body(bytes: string | Buffer) {
  return (response: ServerResponse) => response.end(bytes);
}

/** Announces the full length, sends half of the file and closes the connection. */
function closeHalfway(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': MANY.length });
  response.write(MANY.subarray(0, MANY.length >> 1), () => response.destroy());
}

function corrupt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
