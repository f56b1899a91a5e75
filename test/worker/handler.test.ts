import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/connection-error.ts';
import type { Manifest } from '../../src/download/manifest.ts';
import { UserError } from '../../src/errors.ts';
import { SnapshotError, SnapshotGoneError } from '../../src/imdb/snapshot-error.ts';
import { LakeUnavailableError } from '../../src/lake/lake.ts';
import { isRunId } from '../../src/run-id.ts';
import type { HttpAnswer } from '../../src/tmdb/http.ts';
import type { MemoryLake } from '../support/memory-lake.ts';
import {
  ALL_DONE,
  API_KEY,
  body,
  createWorkerHarness,
  DOWN,
  makeTitles,
  movieAnswer,
  REVOKED,
  returned,
} from './worker-harness.ts';

const HOUR_MS = 3_600_000;
const denied = () => Promise.reject(new Error('AccessDenied'));

function readManifest(lake: MemoryLake, initial = 'AD'): Manifest {
  return JSON.parse(lake.text(`tmdb/manifests/year-2004/initial-${initial}.json`) ?? 'null');
}

describe('a worker', () => {
  it('downloads the partition of its message and acknowledges it', async () => {
    const worker = createWorkerHarness();
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.lake.keys('tmdb/movies/')).toHaveLength(3);
    expect(readManifest(worker.lake)).toMatchObject({
      complete: true,
      snapshot: '2026-11-22',
      lastRun: { run: 'run-1', outcome: 'complete' },
    });
    expect(worker.sent).toEqual([]);
    expect(worker.deadLetters).toEqual([]);
  });

  it('replaces a damaged manifest, and logs where its copy is', async () => {
    const worker = createWorkerHarness();
    worker.lake.put('tmdb/manifests/year-2004/initial-AD.json', '{"titles": {');
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake).complete).toBe(true);
    const [copy = ''] = worker.lake.keys('tmdb/manifests-damaged/year-2004/initial-AD-');
    expect(worker.lake.text(copy)).toBe('{"titles": {');
    expect(JSON.parse(worker.lines.at(-1) ?? '')).toMatchObject({ setAside: `memory://lake/${copy}` });
  });

  it('pauses the fleet and returns its message when the lake has data from another source, and writes nothing', async () => {
    const worker = createWorkerHarness();
    worker.lake.put('tmdb/source.json', '{"tmdb":"https://api.themoviedb.org","imdb":"http://imdb.test"}');
    expect(await worker.deliver([body()], { receives: 2 })).toEqual(returned(0));
    expect(worker.disabled).toBe(1);
    expect(worker.requests).toEqual([]);
    expect(worker.lake.keys()).toEqual(['tmdb/source.json']);
    expect(JSON.parse(worker.lines.at(-1) ?? '')).toMatchObject({
      outcome: 'otherSource',
      next: {
        action: 'return',
        reason:
          "The lake memory://lake contains data from another source (TMDB_BASE_URL is https://api.themoviedb.org in the lake and http://tmdb.test here): use another lake, or the lake's addresses.",
      },
    });
    // The last receive does not make it a dead letter: a copy waits until the event source is enabled again.
    expect(await worker.deliver([body()], { receives: 5, firstReceivedMs: 0 })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.sent).toHaveLength(1);
  });

  it('reads the source of the lake once, and records it in a lake that has none', async () => {
    const worker = createWorkerHarness();
    await worker.deliver([body(), body({ initial: 'AC' })]);
    expect(worker.lake.text('tmdb/source.json')).toBe(
      '{"tmdb":"http://tmdb.test","imdb":"http://imdb.test"}\n',
    );
    expect(worker.lake.calls.filter(({ key }) => key === 'tmdb/source.json').map(({ name }) => name)).toEqual(
      [
        'read', // The check before the first message.
        'read', // The claim when TMDB has answered for the first time.
        'compareAndSwap',
      ],
    );
  });

  it('first sets the visibility timeout to its remaining time and one minute', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async () => {
      expect(worker.visibilities).toEqual([{ receiptHandle: 'receipt-0', seconds: 360 }]);
      return [];
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.visibilities).toHaveLength(1);
  });

  it('logs the stack of an unexpected error', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async () => {
      throw new TypeError('rows is undefined');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    const line = JSON.parse(worker.lines.at(-1) ?? '');
    expect(line).toMatchObject({ level: 'ERROR', stack: expect.stringContaining('handler.test.ts') });
  });

  it('fails only the title whose document cannot be written, and logs the stack', async () => {
    const worker = createWorkerHarness();
    const deep = `"deep":${'['.repeat(20_000)}${']'.repeat(20_000)},`;
    worker.answer = (path) => {
      const answer = movieAnswer(path);
      return path.endsWith('tt0000002') ? { ...answer, body: answer.body.replace('{', `{${deep}`) } : answer;
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(readManifest(worker.lake)).toMatchObject({
      counts: { found: 2, failed: 1 },
      titles: { tt0000002: { reason: 'unexpected error: RangeError: Maximum call stack size exceeded' } },
    });
    expect(JSON.parse(worker.lines[0] ?? '')).toMatchObject({
      level: 'ERROR',
      partition: '2004/AD',
      imdbId: 'tt0000002',
      stack: expect.stringContaining('documents.ts'),
    });
    expect(JSON.parse(worker.lines.at(-1) ?? '')).toMatchObject({ outcome: 'failed', found: 2, failed: 1 });
  });

  it('records missing reviews in a complete manifest, and asks for them again only when its message says so', async () => {
    const worker = createWorkerHarness();
    worker.answer = (path) => {
      const reviews = { page: 1, results: [], total_pages: 1, total_results: 5 };
      if (path.endsWith('/reviews'))
        return { ...movieAnswer(path), body: JSON.stringify({ id: 2, ...reviews }) };
      const movie = movieAnswer(path);
      if (!path.endsWith('tt0000002')) return movie;
      return { ...movie, body: JSON.stringify({ ...JSON.parse(movie.body), reviews }) };
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake)).toMatchObject({
      complete: true,
      counts: { found: 3, missingReviews: 5 },
      titles: { tt0000002: { state: 'found', reviews: 0, missingReviews: 5 } },
    });
    expect(JSON.parse(worker.lines.at(-1) ?? '')).toMatchObject({
      outcome: 'done',
      counts: { missingReviews: 5 },
    });
    const before = worker.requests.length;
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.requests).toHaveLength(before);
    worker.answer = movieAnswer;
    await worker.clock.sleep(1_000);
    const redoIncompleteBefore = new Date(worker.clock.now()).toISOString();
    expect(await worker.deliver([body({ redoIncompleteBefore })])).toEqual(ALL_DONE);
    expect(worker.requests.slice(before)).toEqual(['/3/movie/tt0000002']);
    expect(readManifest(worker.lake).counts).not.toHaveProperty('missingReviews');
  });

  it('continues when the visibility timeout cannot be set', async () => {
    const worker = createWorkerHarness();
    worker.beforeQueueCall = () => {
      throw new Error('throttled');
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake).complete).toBe(true);
  });

  it('logs one line with its result', async () => {
    const worker = createWorkerHarness();
    await worker.deliver([body({ hop: 2 })]);
    expect(worker.lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 'INFO',
        partition: '2004/AD',
        run: 'run-1',
        hop: 2,
        outcome: 'done',
        found: 3,
        requests: 3,
        seconds: expect.any(Number),
        counts: expect.objectContaining({ titles: 3, found: 3 }),
      }),
    ]);
  });

  it('answers an event without records', async () => {
    const worker = createWorkerHarness();
    expect(await worker.deliver([])).toEqual(ALL_DONE);
  });

  it('completes a partition without titles', async () => {
    const worker = createWorkerHarness({ titles: [] });
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, counts: { titles: 0 } });
    expect(worker.requests).toEqual([]);
  });
});

describe('a batch', () => {
  it('is handled when one of three messages is invalid', async () => {
    const worker = createWorkerHarness();
    const answer = await worker.deliver([body({ initial: 'AA' }), 'no JSON', body({ initial: 'AC' })]);
    expect(answer).toEqual(ALL_DONE);
    expect(worker.deadLetters).toHaveLength(1);
    expect(readManifest(worker.lake, 'AA').complete).toBe(true);
    expect(readManifest(worker.lake, 'AC').complete).toBe(true);
  });

  it('returns only the one of three messages that failed (partial batch response)', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async ({ initial }) => {
      if (initial === 'AB') throw new UserError('Cannot read s3://lake/imdb: S3 refused it (403).');
      return makeTitles(1);
    };
    const bodies = ['AA', 'AB', 'AC'].map((initial) => body({ initial }));
    expect(await worker.deliver(bodies)).toEqual(returned(1));
    expect(readManifest(worker.lake, 'AC').complete).toBe(true);
  });

  it('returns all messages when all fail', async () => {
    const worker = createWorkerHarness();
    worker.lake.beforeCall = () => {
      throw new UserError('S3 refused it (403).');
    };
    const bodies = ['AA', 'AB', 'AC'].map((initial) => body({ initial }));
    expect(await worker.deliver(bodies)).toEqual(returned(0, 1, 2));
  });

  it('requeues unchanged messages for which no time was left', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(200) });
    worker.latencyMs = 60_000;
    expect(await worker.deliver([body(), body({ initial: 'AB' })], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.sent).toEqual([
      { body: JSON.parse(body({ hop: 1 })), delaySeconds: 0 },
      { body: JSON.parse(body({ initial: 'AB' })), delaySeconds: 0 },
    ]);
  });
});

describe('a poison message', () => {
  it.each([
    ['not JSON', /not JSON/],
    ['{"year": "two thousand", "initial": "AD"}', /year/],
    ['{"year": 99999, "initial": "AD"}', /invalid "year".*99999/],
    ['{"year": 2004, "initial": "../../imdb"}', /initial/],
    ['{"year": 2004, "initial": ["AD"]}', /initial/],
  ])('goes to the dead-letter queue at once, with the reason: %s', async (text, reason) => {
    const worker = createWorkerHarness();
    expect(await worker.deliver([text])).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([
      { body: text, attributes: { reason: expect.stringMatching(reason), at: '2026-11-22T10:00:00.000Z' } },
    ]);
    expect(worker.requests).toEqual([]);
    expect(worker.lake.calls).toEqual([]);
  });

  it('becomes a dead letter when its snapshot is no longer available', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async (_partition, day) => {
      throw new SnapshotGoneError(`IMDb's list of ${day} is not in the lake.`);
    };
    const old = body({ snapshot: '2020-01-01' });
    expect(await worker.deliver([old])).toEqual(ALL_DONE);
    const reason = "IMDb's list of 2020-01-01 is not in the lake.";
    expect(worker.deadLetters).toEqual([
      { body: old, attributes: { reason, run: 'run-1', at: '2026-11-22T10:00:00.000Z' } },
    ]);
  });

  it('returns to the queue when it cannot be sent to the dead-letter queue', async () => {
    const worker = createWorkerHarness();
    worker.beforeQueueCall = (name) => {
      if (name === 'sendDeadLetter') throw new Error('AccessDenied');
    };
    expect(await worker.deliver(['not JSON'])).toEqual(returned(0));
  });
});

describe('a message without snapshot and run', () => {
  it('gets both from its first worker', async () => {
    const worker = createWorkerHarness();
    expect(await worker.deliver(['{"year": "2004", "initial": "A "}'])).toEqual(ALL_DONE);
    const { snapshot, lastRun } = readManifest(worker.lake, 'A_');
    expect(snapshot).toBe('2026-11-22');
    expect(isRunId(lastRun.run)).toBe(true);
  });

  it('passes them on to its continuation', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(200) });
    worker.latencyMs = 60_000;
    await worker.deliver(['{"year": "2004", "initial": "AD"}']);
    const { lastRun } = readManifest(worker.lake);
    expect(worker.sent.map((message) => message.body)).toEqual([
      { year: 2004, initial: 'AD', snapshot: '2026-11-22', run: lastRun.run, hop: 1 },
    ]);
  });

  it("returns to the queue when its day ends before that day's list is downloaded", async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async (_partition, day) => {
      throw new SnapshotGoneError(`IMDb's list of ${day} is not in the lake.`);
    };
    expect(await worker.deliver(['{"year": 2004, "initial": "AD"}'])).toEqual(returned(0));
    expect(worker.deadLetters).toEqual([]);
  });

  it('is requeued without a snapshot while the snapshot cannot be downloaded', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async () => {
      throw new SnapshotError('cannot be downloaded (HTTP 503)', { fault: 'transient' });
    };
    expect(await worker.deliver(['{"year": 2004, "initial": "AD"}'], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.sent.map((message) => Object.keys(message.body))).toEqual([
      ['year', 'initial', 'run', 'hop'],
    ]);
  });
});

describe('a worker that runs out of time', () => {
  it('sends a continuation for the rest, and the chain of continuations completes all titles', async () => {
    // Parts of more titles are compressed in another thread, for which the fake clock does not wait.
    const worker = createWorkerHarness({ titles: makeTitles(200) });
    worker.latencyMs = 30_000;
    const redoBefore = '2026-11-22T09:00:00Z';
    expect(await worker.deliver([body({ redoBefore })])).toEqual(ALL_DONE);
    const first = readManifest(worker.lake);
    expect(first).toMatchObject({ complete: false, lastRun: { outcome: 'stopped' } });
    expect(first.counts.found).toBeGreaterThan(100);
    expect(worker.sent).toEqual([{ body: JSON.parse(body({ hop: 1, redoBefore })), delaySeconds: 0 }]);
    for (let hop = 0; hop < worker.sent.length; hop += 1) {
      expect(await worker.deliver([JSON.stringify(worker.sent[hop]?.body)])).toEqual(ALL_DONE);
    }
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, counts: { found: 200 } });
    expect(worker.requests).toHaveLength(200);
  });

  it('aborts requests in flight 15 seconds before the timeout', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(40) });
    worker.latencyMs = 1_000;
    worker.answer = (path) => {
      worker.latencyMs = 1_000_000;
      return movieAnswer(path);
    };
    const startMs = worker.clock.now();
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.clock.now() - startMs).toBe(285_000);
    expect(readManifest(worker.lake).counts).toMatchObject({ found: 20, failed: 0 });
    expect(worker.sent).toHaveLength(1);
  });

  it('leaves the parts to a continuation when they do not fit, whose only work they are', async () => {
    const worker = createWorkerHarness();
    let isSlow = true;
    worker.lake.beforeCall = async (name, key, options) => {
      if (isSlow && name === 'write' && key.startsWith('tmdb/tables/'))
        await worker.clock.sleep(1_000_000, options?.signal);
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, lastRun: { outcome: 'stopped' } });
    expect(worker.sent).toMatchObject([{ body: { hop: 1 }, delaySeconds: 0 }]);
    const continuation = JSON.stringify(worker.sent[0]?.body);
    expect(await worker.deliver([continuation])).toEqual(returned(0)); // No progress at all: a failure.
    expect(worker.lines.at(-1)).toContain('timeUp');
    isSlow = false;
    expect(await worker.deliver([continuation])).toEqual(ALL_DONE);
    expect(JSON.parse(worker.lines.at(-1) ?? '')).toMatchObject({
      outcome: 'done',
      requests: 0,
      parts: { movies: 3, reviews: 0 },
    });
    expect(worker.requests).toHaveLength(3);
    expect(worker.sent).toHaveLength(1);
  });

  it('returns its message without a continuation when it completed no title', async () => {
    const worker = createWorkerHarness();
    worker.latencyMs = 1_000_000;
    expect(await worker.deliver([body({ hop: 7 })])).toEqual(returned(0));
    expect(worker.sent).toEqual([]);
    expect(worker.visibilities.at(-1)).toEqual({ receiptHandle: 'receipt-0', seconds: 60 });
  });

  it('sends a message to the dead-letter queue when five receives completed no title', async () => {
    const worker = createWorkerHarness();
    worker.latencyMs = 1_000_000;
    expect(await worker.deliver([body({ hop: 7 })], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.deadLetters.map((letter) => letter.body)).toEqual([body({ hop: 7 })]);
    expect(worker.deadLetters[0]?.attributes.reason).toMatch(/^The time ran out/);
  });

  it('returns its message when the time runs out while it reads the titles', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async (_partition, _day, signal) => {
      await worker.clock.sleep(1_000_000, signal);
      return [];
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.deadLetters).toEqual([]);
  });

  it('returns its message when the continuation cannot be sent', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(200) });
    worker.latencyMs = 60_000;
    worker.beforeQueueCall = (name) => {
      if (name === 'send') throw new Error('SQS is away');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
  });

  it('does not download titles again forever when redoBefore is in the future', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(200) });
    worker.latencyMs = 60_000;
    const future = '2999-01-01T00:00:00Z';
    await worker.deliver([body({ redoBefore: future, redoIncompleteBefore: future })]);
    expect(worker.sent[0]?.body).toMatchObject({
      redoBefore: '2026-11-22T10:00:00.000Z',
      redoIncompleteBefore: '2026-11-22T10:00:00.000Z',
    });
  });
});

describe('a duplicate delivery is idempotent: it', () => {
  it('sends no request to TMDB again', async () => {
    const worker = createWorkerHarness();
    await worker.deliver([body()]);
    expect(await worker.deliver([body()], { receives: 2 })).toEqual(ALL_DONE);
    expect(worker.requests).toHaveLength(3);
  });

  it('is safe while the first delivery is still running', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(50) });
    worker.latencyMs = 100;
    const answers = await Promise.all([worker.deliver([body()]), worker.deliver([body()])]);
    expect(answers).toEqual([ALL_DONE, ALL_DONE]);
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, counts: { found: 50, failed: 0 } });
  });
});

describe('a partition with a title that fails', () => {
  function createWorkerWithFailure() {
    const worker = createWorkerHarness();
    worker.answer = (path) => (path.endsWith('0000002') ? DOWN : movieAnswer(path));
    return worker;
  }

  it.each([
    [1, 60],
    [2, 300],
    [3, 900],
    [4, 1_800],
  ])('returns after receive %d with a backoff of %d seconds', async (receives, seconds) => {
    const worker = createWorkerWithFailure();
    expect(await worker.deliver([body()], { receives })).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(seconds);
    expect(readManifest(worker.lake)).toMatchObject({ counts: { found: 2, failed: 1 } });
  });

  it('becomes a dead letter with reason, run and time after the fifth receive', async () => {
    const worker = createWorkerWithFailure();
    expect(await worker.deliver([body()], { receives: 5 })).toEqual(ALL_DONE);
    const reason = "1 of 3 titles failed: see the partition's manifest for the reasons.";
    const { timestamp: at } = JSON.parse(worker.lines.at(-1) ?? '');
    expect(worker.deadLetters).toEqual([{ body: body(), attributes: { reason, run: 'run-1', at } }]);
  });

  it('is acknowledged when its fifth receive succeeds', async () => {
    const worker = createWorkerHarness();
    expect(await worker.deliver([body()], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
  });
});

describe('a lake that denies access', () => {
  it('is never treated as empty', async () => {
    const worker = createWorkerHarness();
    worker.lake.beforeCall = (name) => {
      if (name === 'read') throw new UserError('Cannot read s3://lake: S3 refused it (403).');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.requests).toEqual([]);
    expect(worker.lake.keys()).toEqual([]);
    expect(worker.visibilities.at(-1)?.seconds).toBe(60);
  });

  it('returns the message when access is denied during the work', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(30) });
    worker.lake.beforeCall = (name, key) => {
      if (name === 'write' && key.endsWith('-12.json')) throw new UserError('S3 refused it (403).');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(readManifest(worker.lake)).toMatchObject({ complete: false, counts: { failed: 0 } });
    expect(worker.lines.join('')).toContain('S3 refused it (403).');
  });
});

describe('a lake that is unavailable', () => {
  /** From the `from`-th call on, writes fail as those of the S3 lake do: after two minutes. */
  function failWrites({ lake, clock }: ReturnType<typeof createWorkerHarness>, from: number): void {
    let writes = 0;
    lake.beforeCall = async (name, key, options) => {
      if (name !== 'write' && name !== 'compareAndSwap') return;
      writes += 1;
      if (writes < from) return;
      await clock.sleep(120_000, options?.signal);
      throw new LakeUnavailableError(`Cannot write ${key}: S3 is throttling requests. Try again later.`);
    };
  }

  it('returns the message with the backoff of an outage, and asks TMDB for nothing more', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    failWrites(worker, 1);
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(120);
    expect(worker.requests.length).toBe(60);
    expect(worker.lines.join('')).toContain('"outcome":"outage"');
  });

  it('never results in a dead letter because of the number of receives', async () => {
    const worker = createWorkerHarness();
    failWrites(worker, 1);
    expect(await worker.deliver([body()], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.sent).toMatchObject([{ delaySeconds: 900 }]);
  });

  it('is given up ten seconds after the deadline, while the worker can still return its message', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    const startedMs = worker.clock.now();
    worker.latencyMs = 200_000;
    failWrites(worker, 1);
    expect(await worker.deliver([body()], { receives: 5 })).toEqual(ALL_DONE);
    expect(worker.clock.now() - startedMs).toBe(295_000);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.sent).toHaveLength(1);
    expect(worker.lines.join('')).toContain('did not answer within 10 s');
  });
});

describe('a revoked API key', () => {
  it('disables the event source and returns the message', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    worker.answer = () => REVOKED;
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.disabled).toBe(1);
    expect(worker.requests.length).toBeLessThanOrEqual(20);
    expect(readManifest(worker.lake)).toMatchObject({
      counts: { found: 0, failed: 0 },
      lastRun: { outcome: 'keyRefused' },
    });
    expect(worker.lines.join('')).not.toContain(API_KEY);
  });

  it('disables the event source even when the manifest cannot be written', async () => {
    const worker = createWorkerHarness();
    worker.answer = () => REVOKED;
    worker.lake.beforeCall = (name) => {
      if (name === 'compareAndSwap') throw new UserError('S3 refused it (403).');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.disabled).toBe(1);
  });

  it('never results in a dead letter while the event source is disabled', async () => {
    const worker = createWorkerHarness();
    worker.answer = () => REVOKED;
    const firstReceivedMs = worker.clock.now() - 100 * HOUR_MS;
    expect(await worker.deliver([body()], { receives: 5, firstReceivedMs })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.sent).toEqual([{ body: JSON.parse(body()), delaySeconds: 900 }]);
  });

  it('retries when another worker is disabling the event source', async () => {
    const worker = createWorkerHarness();
    worker.answer = () => REVOKED;
    let calls = 0;
    const disable = async () => {
      calls += 1;
      if (calls === 1) throw new Error('ResourceInUseException');
    };
    worker.deps = { eventSource: { disable, isEnabled: async () => true } };
    expect(await worker.deliver([body()], { receives: 5 })).toEqual(ALL_DONE);
    expect(calls).toBe(2);
    expect(worker.sent).toHaveLength(1);
  });

  it.each([
    ['cannot be disabled', { disable: denied, isEnabled: denied }],
    ['is unknown', undefined],
  ])('returns the message with backoff when the event source %s', async (_what, eventSource) => {
    const worker = createWorkerHarness();
    worker.answer = () => REVOKED;
    worker.deps = { eventSource };
    expect(await worker.deliver([body()], { receives: 4 })).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(7_200);
    expect(worker.lines.map((line) => JSON.parse(line).level)).toContain('ERROR');
  });
});

describe('an answer that does not prove that TMDB rejects the key', () => {
  const page = (status: number): HttpAnswer => ({
    status,
    body: '<html>Sign in to the network</html>',
    retryAfter: undefined,
  });
  const gateway = (status: number): HttpAnswer => ({ ...page(status), body: '{"message":"Unauthorized"}' });
  const accepted: HttpAnswer = { status: 200, body: '{"success":true}', retryAfter: undefined };

  it.each([
    ['a page with status 401', page(401)],
    ['a page with status 403', page(403)],
    ['the JSON of a gateway', gateway(401)],
    ["TMDB's own 401 while it accepts the key otherwise", REVOKED],
  ])('is retried: %s, a few times', async (_what, answer) => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    let wrong = 3;
    worker.answer = (path) => {
      if (path === '/3/authentication') return accepted;
      wrong -= 1;
      return wrong >= 0 ? answer : movieAnswer(path);
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.disabled).toBe(0);
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, counts: { found: 100, failed: 0 } });
  });

  it.each([
    ['a page with status 401', page(401)],
    ['a page with status 404', page(404)],
    ['the JSON of a gateway', gateway(404)],
  ])('is an outage, and not a pause of the fleet, if everything gets it: %s', async (_what, answer) => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    worker.answer = () => answer;
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.disabled).toBe(0);
    expect(readManifest(worker.lake)).toMatchObject({
      counts: { failed: 0, notFound: 0 },
      lastRun: { outcome: 'outage' },
    });
  });
});

describe('a wrong base URL of TMDB', () => {
  it('marks no title, and returns the message as in an outage', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    const body404 = '{"success":false,"status_code":34,"status_message":"Not found."}';
    worker.answer = () => ({ status: 404, body: body404, retryAfter: undefined });
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.disabled).toBe(0);
    expect(worker.visibilities.at(-1)?.seconds).toBe(120);
    expect(worker.requests.length).toBeLessThanOrEqual(60);
    expect(worker.lines.join('')).toContain('TMDB_BASE_URL');
    expect(readManifest(worker.lake)).toMatchObject({
      counts: { failed: 0, notFound: 0 },
      lastRun: { outcome: 'outage' },
    });
  });
});

describe('an outage of TMDB', () => {
  it('is waited for in place, with few requests, while the worker has time', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    const upAgainMs = worker.clock.now() + 180_000;
    worker.answer = (path) => {
      if (worker.clock.now() < upAgainMs) return DOWN;
      if (path === '/3/authentication')
        return { status: 200, body: '{"success":true}', retryAfter: undefined };
      return movieAnswer(path);
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(readManifest(worker.lake)).toMatchObject({ complete: true, counts: { found: 100, failed: 0 } });
    expect(worker.requests.length).toBeLessThanOrEqual(100 + 20 + 3 + 9);
  });

  it('returns the message with increasing backoff, and marks no title as failed', async () => {
    const worker = createWorkerHarness({ titles: makeTitles(100) });
    worker.answer = () => DOWN;
    const seconds: (number | undefined)[] = [];
    for (const receives of [1, 2, 3, 4]) {
      expect(await worker.deliver([body()], { receives })).toEqual(returned(0));
      seconds.push(worker.visibilities.at(-1)?.seconds);
    }
    expect(seconds).toEqual([120, 600, 1_800, 7_200]);
    expect(readManifest(worker.lake)).toMatchObject({
      counts: { failed: 0 },
      lastRun: { outcome: 'outage' },
    });
    expect(worker.requests.length).toBeLessThanOrEqual(4 * 20 + 4 * 12);
    expect(worker.sent).toEqual([]);
  });

  it('does not use up the last receive of a message that failed for other reasons before', async () => {
    const worker = createWorkerHarness();
    worker.answer = () => DOWN;
    const firstReceivedMs = worker.clock.now() - HOUR_MS;
    expect(await worker.deliver([body()], { receives: 5, firstReceivedMs })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.sent).toEqual([{ body: JSON.parse(body()), delaySeconds: 900 }]);
  });

  it('results in a dead letter after hours', async () => {
    const worker = createWorkerHarness();
    worker.answer = () => DOWN;
    const firstReceivedMs = worker.clock.now() - 3 * HOUR_MS;
    expect(await worker.deliver([body()], { receives: 5, firstReceivedMs })).toEqual(ALL_DONE);
    expect(worker.deadLetters.map(({ attributes }) => attributes.reason)).toEqual([
      expect.stringContaining('is not responding'),
    ]);
  });

  it.each([
    ['429', undefined, 0],
    ['429 with a high latency', undefined, 450],
    ['429 with a Retry-After of a day', '86400', 0],
  ])('is assumed when TMDB answers only %s', async (_, retryAfter, latencyMs) => {
    const worker = createWorkerHarness({ titles: makeTitles(40) });
    worker.latencyMs = latencyMs;
    worker.answer = () => ({ status: 429, body: '{"status_code":25}', retryAfter });
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(120);
    if (latencyMs === 0) expect(worker.requests.length).toBeLessThanOrEqual(300);
    const firstReceivedMs = worker.clock.now() - HOUR_MS;
    expect(await worker.deliver([body()], { receives: 5, firstReceivedMs })).toEqual(ALL_DONE);
    expect(worker.deadLetters).toEqual([]);
    expect(worker.lines.at(-1)).toContain('429');
  });

  it.each([
    ['TMDB', 'answer'],
    ["IMDb's list or the lake", 'readTitles'],
  ] as const)('is also a certificate or a proxy that prevents requests to %s', async (_, what) => {
    const worker = createWorkerHarness();
    worker[what] = () => {
      throw new ConnectionError('the TLS certificate of x.test is not trusted (CODE)', 'set a variable');
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(120);
    expect(worker.lines.at(-1)).toContain('The TLS certificate of x.test is not trusted');
    if (what === 'answer') expect(readManifest(worker.lake)).toMatchObject({ counts: { failed: 0 } });
  });

  it('and an outage of IMDb have the same backoff', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async () => {
      throw new SnapshotError('cannot be downloaded (HTTP 503)', { fault: 'transient' });
    };
    expect(await worker.deliver([body()])).toEqual(returned(0));
    expect(worker.visibilities.at(-1)?.seconds).toBe(120);
  });
});
