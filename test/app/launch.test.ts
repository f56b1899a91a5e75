import { describe, expect, test } from 'vitest';
import type { CompleteSettings } from '../../src/app/connection.ts';
import { launch, planLaunch } from '../../src/app/launch.ts';
import { followFleet } from '../../src/app/status.ts';
import type { EventSource } from '../../src/aws/event-source.ts';
import type { QueueDepths } from '../../src/aws/queue-interface.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { UserError } from '../../src/errors.ts';
import { FLEET_PREFIX } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { FakeQueue } from './fake-queue.ts';
import { indexOf, manifestOf, putManifest } from './synthetic-lake.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const EMPTY: QueueDepths = { waiting: 0, inFlight: 0, delayed: 0, retentionSeconds: 1_209_600 };
const index = indexOf({ 2004: { AA: 10, BB: 20, CC: 30 } });

const ALL = [
  ['AA', 10],
  ['BB', 20],
  ['CC', 30],
] as const;

/** A connection with a fake AWS, whose state tests can change. */
function setUp() {
  const clock = createFakeClock();
  const lake = new MemoryLake('memory://lake', clock.now);
  const sent = new FakeQueue();
  const aws: {
    queue: QueueDepths | undefined;
    eventSource: EventSource;
    environment: Record<string, string> | undefined;
  } = {
    environment: undefined,
    queue: EMPTY,
    eventSource: { id: 'e', state: 'Enabled' },
  };
  const queue = {
    name: 'q',
    url: async () => {
      if (aws.queue === undefined) throw new UserError('There is no queue "q".');
      return 'https://queue';
    },
    arn: async () => 'arn',
    readDepths: async () => aws.queue,
    sendBatch: (entries: Parameters<FakeQueue['sendBatch']>[0]) => sent.sendBatch(entries),
    send: async () => '',
    receive: async () => [],
    setVisibility: async () => {},
    makeVisible: async () => {},
    delete: async () => [],
  };
  let cached: string | undefined;
  const resolved = resolveSettings({ env: { TMDB_API_KEY: KEY, DATALAKE_BUCKET_NAME: 'the-lake' } });
  const connection = {
    lake,
    clock,
    queue,
    deadLetters: { readDepths: async () => EMPTY },
    workers: {
      functionName: 'films',
      queueName: 'q',
      readFunction: async () => ({ state: 'Active', lastUpdate: 'Successful' }),
      readEventSource: async () => aws.eventSource,
      readEnvironment: async () => aws.environment,
    },
    cache: {
      read: async () => cached,
      write: async (text: string) => {
        cached = text;
      },
    },
    random: () => 0.5,
    settings: resolved as CompleteSettings,
  };
  const complete = (initial: string, found: number, given: Parameters<typeof manifestOf>[1] = {}) =>
    putManifest(lake, manifestOf({ year: 2004, initial }, { ...given, found }));
  return { clock, lake, sent, aws, connection, complete };
}

describe('planLaunch', () => {
  test('counts the titles missing from the lake, and forecasts those', async () => {
    const { connection, complete } = setUp();
    await complete('BB', 20);
    const { plan, estimate } = await planLaunch(connection, index, { onlyMissing: true });
    expect(plan.partitions.map(({ initial }) => initial)).toEqual(['CC', 'AA']);
    expect(plan.left).toBe(40);
    expect(estimate.requests).toBeGreaterThanOrEqual(40);
  });

  test('keeps the API key out of the plan, which is stored in the lake', async () => {
    const { connection, lake } = setUp();
    const { plan } = await planLaunch(connection, index);
    await launch(connection, plan);
    expect(JSON.stringify(plan)).not.toContain(KEY);
    const texts: string[] = [];
    for await (const { key } of lake.list(FLEET_PREFIX)) {
      texts.push((await lake.read(key))?.body.toString('utf8') ?? '');
    }
    expect(texts).toHaveLength(1);
    expect(texts.join()).not.toContain(KEY);
  });
});

describe('planLaunch on a lake of an earlier version, which has no parts', () => {
  test('sends complete partitions for their parts only, says why, and forecasts reading their documents', async () => {
    const { connection, complete } = setUp();
    await complete('BB', 20, { parts: false, reviews: 4 });
    await complete('CC', 30, { parts: false });
    const preview = await planLaunch(connection, index, { onlyMissing: true });
    expect(preview.partitions.map(({ initial, left }) => [initial, left])).toEqual([
      ['AA', 10],
      ['CC', 0],
      ['BB', 0],
    ]);
    expect(preview).toMatchObject({ partsOnly: 2, estimate: { requests: 12, documentsToRead: 54 } });
    expect(preview.notes).toEqual([
      {
        about: 'partsOnly',
        text: expect.stringMatching(
          /^2 partitions are complete but have no parts, .*usually without requests to TMDB\. .*"tdd deploy" first/,
        ),
      },
    ]);
    // The same when an interrupted launch is resumed.
    const { queue } = connection;
    const failing = { ...queue, sendBatch: () => Promise.reject(new Error('cut')) };
    await expect(launch({ ...connection, queue: failing }, preview.plan)).rejects.toThrow('cut');
    const { resume, ...rest } = await planLaunch(connection, index, { onlyMissing: true });
    expect(resume).toBeDefined();
    expect(rest).toMatchObject({ partsOnly: 2, estimate: { documentsToRead: 54 } });

    await complete('AA', 10);
    await complete('BB', 20);
    await complete('CC', 30);
    const none = await planLaunch(connection, index, { onlyMissing: true }, { resume: false });
    expect(none).toMatchObject({ partitions: [], partsOnly: 0, notes: [] });
  });

  test('follows the fleet until its workers have written the parts, even if SQS does not count the messages yet', async () => {
    const { connection, aws, complete } = setUp();
    for (const [initial, found] of ALL) await complete(initial, found, { parts: false });
    const { plan } = await planLaunch(connection, index, { onlyMissing: true });
    const { run } = await launch(connection, plan);
    const phases: string[] = [];
    const last = await followFleet(connection, {
      onStatus: ({ phase }) => {
        phases.push(phase);
        aws.queue = phases.length === 1 ? { ...EMPTY, inFlight: 1 } : EMPTY;
        if (phases.length < 3) return;
        for (const [initial, found] of ALL) void complete(initial, found, { run });
      },
    });
    expect(phases).toEqual(['running', 'running', 'running', 'complete']);
    expect(last).not.toHaveProperty('withoutParts');
  });

  test('does not wait for parts from workers of an earlier version, which write none', async () => {
    const { connection, complete } = setUp();
    for (const [initial, found] of ALL) await complete(initial, found, { parts: false });
    const { plan } = await planLaunch(connection, index, { onlyMissing: true });
    const { run } = await launch(connection, plan);
    for (const [initial, found] of ALL) await complete(initial, found, { parts: false, run });
    expect(await followFleet(connection)).toMatchObject({
      phase: 'complete',
      withoutParts: 3,
    });
  });
});

describe('planLaunch with workers of another bucket', () => {
  test('plans nothing, because the workers would download into the other one', async () => {
    const { connection, aws } = setUp();
    aws.environment = { DATALAKE_BUCKET_NAME: 'other-lake' };
    await expect(planLaunch(connection, index)).rejects.toThrow(
      'write to the bucket "other-lake", not to "the-lake": use --datalake-bucket-name other-lake',
    );
  });
});

describe('planLaunch notes', () => {
  test('report that the workers were deployed with other settings', async () => {
    const { connection, aws } = setUp();
    aws.environment = {};
    expect((await planLaunch(connection, index)).notes).toEqual([]);
    aws.environment = {
      DATALAKE_BUCKET_NAME: 'the-lake',
      TMDB_LANGUAGE: 'de-DE',
      IMDB_TITLE_TYPES: 'movie,short',
      IMDB_DATASETS_URL: 'http://127.0.0.1:9',
    };
    expect((await planLaunch(connection, index)).notes).toEqual([
      {
        about: 'otherSettings',
        text: expect.stringContaining(
          '(TMDB_LANGUAGE is de-DE on the workers and en-US here; IMDB_TITLE_TYPES is movie,short on the workers and movie here; IMDB_DATASETS_URL is http://127.0.0.1:9 on the workers and https://datasets.imdbws.com here)',
        ),
      },
    ]);
  });

  test('report waiting messages and a paused fleet', async () => {
    const { connection, aws } = setUp();
    aws.queue = { ...EMPTY, waiting: 2_000, delayed: 1 };
    aws.eventSource = { id: 'e', state: 'Disabled' };
    const { notes, queueExists } = await planLaunch(connection, index);
    expect(notes.map(({ about }) => about)).toEqual(['queueNotEmpty', 'paused']);
    expect(notes[0]?.text).toContain('already holds about 2,001 messages');
    expect(queueExists).toBe(true);
    aws.queue = undefined;
    expect((await planLaunch(connection, index)).queueExists).toBe(false);
  });
});

describe('launch', () => {
  test('resumes an interrupted launch without sending a partition twice', async () => {
    const { connection, sent, clock } = setUp();
    const { plan } = await planLaunch(connection, indexOf(twoHundred()));
    const cut = new AbortController();
    sent.beforeCall = () => cut.abort(new Error('interrupted'));
    await expect(launch(connection, plan, { signal: cut.signal })).rejects.toThrow('interrupted');
    sent.beforeCall = undefined;
    clock.advance(60_000);
    const report = await launch(connection, plan);
    expect(report.sentBefore).toBeGreaterThan(0);
    expect(report.sent).toBe(200);
    expect(new Set(sent.partitions()).size).toBe(200);
    expect(sent.partitions()).toHaveLength(200);
  });

  test('sends the rest of an interrupted launch, or everything with resume: false', async () => {
    const { connection, sent, clock } = setUp();
    const whole = await planLaunch(connection, indexOf(twoHundred()));
    const cut = new AbortController();
    sent.beforeCall = () => cut.abort(new Error('interrupted'));
    await expect(launch(connection, whole.plan, { signal: cut.signal })).rejects.toThrow('interrupted');
    sent.beforeCall = undefined;
    clock.advance(60_000);
    const before = sent.bodies.length;
    const restart = await planLaunch(connection, indexOf(twoHundred()), {}, { resume: false });
    expect(restart.partitions).toHaveLength(200);
    expect(restart.notes).toEqual([]);
    const rest = await planLaunch(connection, indexOf(twoHundred()));
    expect(rest.partitions).toHaveLength(200 - before);
    expect(rest.estimate.requests).toBeLessThan(whole.estimate.requests);
    expect(rest.notes.map(({ about }) => about)).toEqual(['resumes']);
    await launch(connection, rest.plan, { resume: rest.resume ?? false });
    expect(sent.bodies).toHaveLength(200);
    const again = await launch(connection, restart.plan, { resume: false });
    expect(again).toMatchObject({ total: 200, sentBefore: 0 });
    expect(sent.bodies).toHaveLength(400);
  });

  test('writes nothing when there is no queue', async () => {
    const { connection, aws, lake } = setUp();
    aws.queue = undefined;
    const { plan } = await planLaunch(connection, index);
    await expect(launch(connection, plan)).rejects.toThrow('no queue');
    for await (const { key } of lake.list(FLEET_PREFIX)) throw new Error(`${key} was written.`);
  });
});

describe('followFleet', () => {
  test('reports each poll, and returns when every partition is complete', async () => {
    const { connection, aws, complete } = setUp();
    await launch(connection, (await planLaunch(connection, index)).plan);
    aws.queue = { ...EMPTY, waiting: 3 };
    const done: (number | undefined)[] = [];
    const last = await followFleet(connection, {
      onStatus: ({ fleet }) => {
        done.push(fleet?.movies.settled);
        if (done.length === 1) void complete('CC', 30);
        if (done.length !== 2) return;
        aws.queue = EMPTY;
        void Promise.all([complete('AA', 10), complete('BB', 20)]);
      },
    });
    expect(last.phase).toBe('complete');
    expect(done).toEqual([0, 30, 60]);
  });

  test("trusts an empty queue only after two minutes, because SQS's counts are approximate", async () => {
    const { connection, aws } = setUp();
    await launch(connection, (await planLaunch(connection, index)).plan);
    const phases: string[] = [];
    const last = await followFleet(connection, {
      everyMs: 40_000,
      onStatus: ({ phase }) => {
        phases.push(phase);
        aws.queue = phases.length === 2 ? { ...EMPTY, inFlight: 1 } : EMPTY;
      },
    });
    expect(phases).toEqual(['ended', 'ended', 'running', 'ended', 'ended', 'ended', 'ended']);
    expect(last.advice.map(({ command }) => command)).toEqual(['tdd launch --only-missing']);
  });

  test('does not wait for a fleet that is paused or was never launched', async () => {
    const { connection, aws } = setUp();
    expect((await followFleet(connection)).phase).toBe('none');
    await launch(connection, (await planLaunch(connection, index)).plan);
    aws.eventSource = { id: 'e', state: 'Disabled' };
    expect((await followFleet(connection)).phase).toBe('paused');
  });

  test("throws its signal's reason", async () => {
    const { connection, aws } = setUp();
    await launch(connection, (await planLaunch(connection, index)).plan);
    aws.queue = { ...EMPTY, waiting: 3 };
    const stop = new AbortController();
    const following = followFleet(connection, {
      signal: stop.signal,
      onStatus: () => stop.abort(new Error('enough')),
    });
    await expect(following).rejects.toThrow('enough');
  });
});

/** Two hundred partitions of one movie each: more messages than can be in flight. */
function twoHundred(): Record<string, Record<string, number>> {
  const years = Array.from({ length: 20 }, (_, place) => 2001 + place);
  const initials = [...'ABCDEFGHIJ'].map((letter) => [`${letter}A`, 1]);
  return Object.fromEntries(years.map((year) => [year, Object.fromEntries(initials)]));
}
