import { describe, expect, it } from 'vitest';
import { findUnfinishedLaunch } from '../../src/app/launch-store.ts';
import { sendLaunch } from '../../src/app/send-launch.ts';
import { readStatus } from '../../src/app/status.ts';
import type { EventSource, WorkerFunction } from '../../src/aws/event-source.ts';
import type { QueueDepths } from '../../src/aws/queue-interface.ts';
import type { Manifest } from '../../src/download/manifest.ts';
import { completeFilters } from '../../src/fleet/filters.ts';
import { type ManifestSummary, summarizeManifest } from '../../src/fleet/manifest-summary.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { manifestKey } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { FakeQueue } from './fake-queue.ts';
import { indexOf, manifestOf, putManifest, SETTINGS, withMissingReviews } from './synthetic-lake.ts';

const EMPTY: QueueDepths = { waiting: 0, inFlight: 0, delayed: 0, retentionSeconds: 1_209_600 };
const DAY = 86_400_000;

/** Four partitions of 10, 20, 30 and 40 movies, and a fake AWS, whose state tests can change. */
function setUp() {
  const clock = createFakeClock();
  const lake = new MemoryLake('memory://lake', clock.now);
  const queue = new FakeQueue();
  const aws: {
    queue: QueueDepths | undefined;
    deadLetters: QueueDepths | undefined;
    function: WorkerFunction | undefined;
    eventSource: EventSource | undefined;
    environment: Readonly<Record<string, string>> | undefined;
    /** Simulates workers that finish before the queue is read. */
    meanwhile: () => Promise<void>;
  } = {
    queue: EMPTY,
    deadLetters: EMPTY,
    function: { state: 'Active', lastUpdate: 'Successful' },
    eventSource: { id: 'e', state: 'Enabled', maximumConcurrency: 4 },
    environment: undefined,
    meanwhile: async () => {},
  };
  const plan = (given = {}, summaries: ReadonlyMap<string, ManifestSummary> = new Map()) =>
    planFleet({
      index: indexOf({ 2004: { AA: 10, BB: 20, CC: 30, DD: 40 } }),
      filters: completeFilters(given, clock.now()),
      settings: SETTINGS,
      summaries,
      nowMs: clock.now(),
    });
  const deps = { lake, queue, clock, random: () => 0.5 };
  const launch = (...given: Parameters<typeof plan>) => sendLaunch(deps, plan(...given), { queueName: 'q' });
  const settings = { requestsPerSecond: 10, workers: 4, memorySize: 256 };
  const status = () =>
    readStatus({
      lake,
      clock,
      settings,
      queue: {
        readDepths: async () => {
          await aws.meanwhile();
          return aws.queue;
        },
      },
      deadLetters: { readDepths: async () => aws.deadLetters },
      workers: {
        functionName: 'films',
        queueName: 'q',
        readFunction: async () => aws.function,
        readEventSource: async () => aws.eventSource,
        readEnvironment: async () => aws.environment,
      },
    });
  const put = (initial: string, given: Parameters<typeof manifestOf>[1]) =>
    putManifest(lake, manifestOf({ year: 2004, initial }, given));
  const ago = (ms: number) => new Date(clock.now() - ms).toISOString();
  const putNow: typeof put = (initial, given) => put(initial, { ...given, at: ago(0) });
  return { clock, lake, queue, aws, plan, deps, launch, status, put, putNow, ago };
}

describe('readStatus', () => {
  it('reports that nothing was launched yet, without advice', async () => {
    const { status } = setUp();
    const now = await status();
    expect(now).toMatchObject({ phase: 'none', deadLetters: 0, advice: [], totals: { partitions: 0 } });
    expect(now).not.toHaveProperty('fleet');
    expect(now).not.toHaveProperty('secondsLeft');
  });

  it('is not complete after a launch with a new list until the queue is empty', async () => {
    const { launch, status, aws, put } = setUp();
    await put('AA', { found: 10, snapshot: '2026-11-20' });
    await put('BB', { found: 20, snapshot: '2026-11-20' });
    await put('CC', { found: 30, snapshot: '2026-11-20' });
    await put('DD', { found: 40, snapshot: '2026-11-20' });
    await launch();
    aws.queue = { ...EMPTY, waiting: 4 };
    expect((await status()).phase).toBe('running');
    aws.queue = EMPTY;
    expect((await status()).phase).toBe('complete');
  });

  it('reports that nothing is done right after a launch', async () => {
    const { launch, status, aws } = setUp();
    await launch();
    aws.queue = { ...EMPTY, waiting: 4 };
    expect(await status()).toMatchObject({
      phase: 'running',
      queue: { waiting: 4 },
      fleet: {
        partitions: { total: 4, complete: 0, partial: 0, failedTitles: 0, notBegun: 4, unsent: 0 },
        movies: { total: 100, settled: 0, left: 100 },
      },
      advice: [],
    });
  });

  it('is complete when the last worker finishes between two reads', async () => {
    const { launch, status, aws, put } = setUp();
    await launch({ limit: 1 });
    aws.meanwhile = async () => {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      await put('AA', { found: 10 });
    };
    expect((await status()).phase).toBe('complete');
  });

  it('reports the partitions by state, the rate and the time left while it runs', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await launch();
    clock.advance(120_000);
    aws.queue = { ...EMPTY, waiting: 1, inFlight: 2 };
    await put('DD', { found: 30, notFound: 10, at: ago(40_000) });
    await put('CC', { found: 10, titles: 30, at: ago(20_000), outcome: 'running' });
    await put('BB', { found: 9, failed: 1, titles: 20, at: ago(20_000), outcome: 'running' });
    const now = await status();
    expect(now).toMatchObject({
      phase: 'running',
      fleet: {
        partitions: { complete: 1, partial: 1, failedTitles: 1, notBegun: 1 },
        movies: { total: 100, settled: 59, failed: 1, left: 41 },
      },
      // 59 movies in 40 seconds; failed titles do not count, and are retried automatically.
      rate: { moviesPerSecond: 59 / 40, overSeconds: 40 },
      advice: [],
    });
    expect(now.secondsLeft).toBeCloseTo((41 * 40) / 59);
    expect(now.secondsElapsed).toBe(120);
  });

  it('measures the rate from the launch on, without what an earlier run of its partitions completed', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await put('CC', { found: 10, titles: 30, at: ago(10_000) });
    await launch();
    clock.advance(40_000);
    aws.queue = { ...EMPTY, waiting: 1, inFlight: 2 };
    await put('DD', { found: 40, at: ago(20_000) });
    expect((await status()).rate).toEqual({ moviesPerSecond: 2, overSeconds: 20 });
  });

  it.each<[string, (scene: ReturnType<typeof setUp>) => Promise<unknown>]>([
    ['after a launch', async ({ launch }) => launch()],
    [
      'after a launch just after a simulate of one of its partitions',
      async ({ launch, clock, putNow }) => {
        await putNow('CC', { found: 20, titles: 30 });
        clock.advance(3_000);
        await launch();
      },
    ],
    [
      'after a pause of an hour',
      async ({ launch, clock, putNow }) => {
        await launch();
        await putNow('CC', { found: 20, titles: 30 });
        clock.advance(3_600_000);
      },
    ],
    [
      'after a pause of half a minute',
      async ({ launch, clock, putNow }) => {
        await launch();
        await putNow('CC', { found: 20, titles: 30 });
        clock.advance(45_000);
      },
    ],
  ])('forecasts the time left until the rate has been measured for 15 seconds, %s', async (_, start) => {
    const scene = setUp();
    const { status, aws, clock, putNow } = scene;
    await start(scene);
    aws.queue = { ...EMPTY, waiting: 1, inFlight: 2 };
    clock.advance(12_000);
    await putNow('DD', { found: 5, titles: 40, outcome: 'running' });
    const early = await status();
    expect(early.secondsLeftFrom).toBe('forecast');
    // 10 requests per second, and 1.2 per movie; the largest partition takes a worker 14 s.
    expect(early.secondsLeft).toBeGreaterThan(((early.fleet?.movies.left ?? 0) * 1.2) / 10);
    expect(early.secondsLeft).toBeLessThan(20);
    clock.advance(20_000);
    expect(await status()).toMatchObject({
      secondsLeftFrom: 'rate',
      rate: { overSeconds: expect.any(Number) },
    });
  });

  it('measures the same rate when this machine is behind the workers', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await launch();
    clock.advance(40_000);
    aws.queue = { ...EMPTY, waiting: 1, inFlight: 2 };
    await put('DD', { found: 40, at: ago(20_000) });
    await put('CC', { found: 20, titles: 30, at: ago(1) });
    clock.setForward(-30_000);
    expect((await status()).rate).toEqual({ moviesPerSecond: 3, overSeconds: 20 });
  });

  it('reports the time from the launch until its last worker finished', async () => {
    const { launch, status, put, clock, ago } = setUp();
    const { run } = await launch({ limit: 3 });
    clock.advance(600_000);
    await put('AA', { found: 10, at: ago(300_000), run });
    await put('BB', { found: 20, at: ago(200_000), run });
    await put('CC', { found: 30, at: ago(100_000), run: 'a later simulate' });
    expect(await status()).toMatchObject({ phase: 'complete', secondsElapsed: 400 });
  });

  it('advises resuming a paused fleet, and forecasts no time left', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await launch();
    clock.advance(120_000);
    aws.queue = { ...EMPTY, waiting: 3 };
    aws.eventSource = { id: 'e', state: 'Disabled' };
    await put('DD', { found: 40, at: ago(5_000) });
    const now = await status();
    expect(now).toMatchObject({ phase: 'paused', fleet: { partitions: { complete: 1, notBegun: 3 } } });
    expect(now.advice.map(({ command }) => command)).toEqual(['tdd resume']);
    expect(now).not.toHaveProperty('secondsLeft');
  });

  it.each<[string, EventSource | undefined]>([
    ['disabled', { id: 'e', state: 'Disabled' }],
    ['absent', undefined],
  ])('is paused when messages wait and the event source is %s', async (_, eventSource) => {
    const { launch, status, aws } = setUp();
    await launch();
    aws.queue = { ...EMPTY, waiting: 4 };
    expect((await status()).phase).toBe('running');
    aws.eventSource = eventSource;
    expect((await status()).phase).toBe('paused');
  });

  it('is paused when the queue does not exist, even if some partitions were never sent', async () => {
    const { launch, status, aws } = setUp();
    await launch();
    aws.queue = undefined;
    expect((await status()).phase).toBe('paused');
  });

  it('advises replacing a key that TMDB has rejected', async () => {
    const { launch, status, aws, put, ago } = setUp();
    await launch();
    aws.queue = { ...EMPTY, waiting: 3 };
    aws.eventSource = { id: 'e', state: 'Disabled' };
    await put('DD', { found: 4, titles: 40, at: ago(30_000), outcome: 'keyRefused' });
    await put('CC', { found: 30, at: ago(20_000) });
    expect((await status()).advice).toEqual([
      {
        problem: 'TMDB rejected the API key, so a worker has disabled the event source',
        command: 'tdd development && tdd deploy && tdd resume',
      },
    ]);
  });

  it('gives no advice when everything is complete, even if the fleet is paused', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await launch();
    clock.advance(600_000);
    for (const [initial, found] of Object.entries({ AA: 10, BB: 20, CC: 30, DD: 40 })) {
      await put(initial, { found, reviews: 2, at: ago(90_000) });
    }
    expect(await status()).toMatchObject({
      phase: 'complete',
      fleet: { partitions: { complete: 4, total: 4 }, movies: { settled: 100, left: 0 } },
      secondsLeft: 0,
      totals: { partitions: 4, complete: 4, counts: { found: 100, reviews: 8, failed: 0 } },
      advice: [],
    });
    aws.eventSource = { id: 'e', state: 'Disabled' };
    expect(await status()).toMatchObject({ phase: 'complete', advice: [] });
  });

  it('counts dead letters that another command is reading, too', async () => {
    const { launch, status, aws, clock } = setUp();
    await launch();
    clock.advance(600_000);
    aws.deadLetters = { ...EMPTY, waiting: 1, inFlight: 2 };
    expect(await status()).toMatchObject({
      phase: 'ended',
      deadLetters: 3,
      advice: [{ problem: 'The dead-letter queue contains 3 messages', command: 'tdd redrive' }],
    });
  });

  it('reports missing reviews without calling them a problem', async () => {
    const { launch, status, put, clock, lake } = setUp();
    await launch({ limit: 2 });
    clock.advance(600_000);
    await putManifest(lake, withMissingReviews(manifestOf({ year: 2004, initial: 'AA' }, { found: 10 })));
    await put('BB', { found: 20 });
    const now = await status();
    expect(now).toMatchObject({
      phase: 'complete',
      missingReviews: { movies: 1, reviews: 20, command: 'tdd launch --failed' },
      advice: [],
    });
    expect(await status()).toMatchObject({ manifestsRead: 2, missingReviews: { movies: 1, reviews: 20 } });
    await put('AA', { found: 10 });
    expect(await status()).not.toHaveProperty('missingReviews');
  });

  it('reports partitions without parts, and a fleet that an earlier version completed stays complete', async () => {
    const { launch, status, aws, put, lake, clock } = setUp();
    const { run } = await launch({ limit: 2 });
    clock.advance(600_000);
    await put('AA', { found: 10, run, parts: false });
    await put('BB', { found: 20, run });
    await putManifest(lake, manifestOf({ year: 1987, initial: 'AA' }, { found: 3, parts: false }));
    const withoutParts = 2;
    const now = await status();
    expect(now).toMatchObject({
      phase: 'complete',
      fleet: { partitions: { complete: 2, withoutParts: 1 } },
      withoutParts,
      advice: [],
    });
    // A message that is left, such as that of a simulated partition, does not bring back a forecast.
    aws.queue = { ...EMPTY, waiting: 1 };
    expect(await status()).toMatchObject({ phase: 'running', secondsLeft: 0, withoutParts });
    await put('AA', { found: 10, run });
    expect((await status()).fleet?.partitions).not.toHaveProperty('withoutParts');
  });

  it('forecasts how long workers read documents to write parts', async () => {
    const { plan, deps, status, aws, put, clock } = setUp();
    const before = { found: 40, reviews: 3_960, parts: false } as const;
    await put('DD', before);
    const summary = summarizeManifest(manifestOf({ year: 2004, initial: 'DD' }, before), clock.now());
    const onlyParts = plan({ onlyMissing: true, initial: 'DD' }, new Map([['2004/DD', summary]]));
    await sendLaunch(deps, onlyParts, { queueName: 'q' });
    aws.queue = { ...EMPTY, waiting: 1 };
    expect(await status()).toMatchObject({
      phase: 'running',
      fleet: { partitions: { total: 1, complete: 1, withoutParts: 1 }, movies: { left: 0 } },
      // With 256 MB, a worker reads 100 documents per second.
      secondsLeft: expect.closeTo(4_000 / 100, -1),
      secondsLeftFrom: 'forecast',
    });
  });

  it('is not complete before a worker has recorded that all titles of a partition have left', async () => {
    const { launch, status, aws, clock, put, lake } = setUp();
    const gone = manifestOf({ year: 2004, initial: 'QQ' }, { found: 2, snapshot: '2026-11-01' });
    await putManifest(lake, gone);
    const summaries = new Map([['2004/QQ', summarizeManifest(gone, clock.now())]]);
    const { run } = await launch({ onlyMissing: true, initial: 'QQ' }, summaries);
    aws.queue = { ...EMPTY, waiting: 1 };
    expect(await status()).toMatchObject({
      phase: 'running',
      fleet: { partitions: { total: 1, complete: 0, notBegun: 1 }, movies: { total: 0, left: 0 } },
    });
    aws.queue = EMPTY;
    expect((await status()).phase).not.toBe('complete');
    await put('QQ', { titles: 0, run });
    expect(await status()).toMatchObject({ phase: 'complete', fleet: { partitions: { complete: 1 } } });
  });

  it('is not complete before the workers have asked again for missing reviews', async () => {
    const { launch, status, aws, clock, lake, ago } = setUp();
    const lacking = async (given: Parameters<typeof manifestOf>[1]) => {
      const manifest = withMissingReviews(manifestOf({ year: 2004, initial: 'AA' }, given));
      await putManifest(lake, manifest);
      return summarizeManifest(manifest, clock.now());
    };
    const summary = await lacking({ found: 10 });
    clock.advance(600_000);
    const { run } = await launch({ failed: true }, new Map([['2004/AA', summary]]));
    aws.queue = { ...EMPTY, waiting: 1 };
    expect(await status()).toMatchObject({
      phase: 'running',
      fleet: { partitions: { total: 1, complete: 0, partial: 1 }, movies: { left: 1 } },
    });
    aws.queue = EMPTY;
    expect((await status()).phase).not.toBe('complete');
    await lacking({ found: 10, run, at: ago(0) });
    expect((await status()).phase).toBe('complete');
  });

  it('advises retrying failed titles once the queue is empty', async () => {
    const { launch, status, put, clock, ago } = setUp();
    await launch();
    clock.advance(600_000);
    await put('AA', { found: 8, failed: 2, at: ago(300_000) });
    for (const [initial, found] of Object.entries({ BB: 20, CC: 30, DD: 40 })) await put(initial, { found });
    expect(await status()).toMatchObject({
      phase: 'ended',
      fleet: { partitions: { complete: 3, failedTitles: 1 }, movies: { failed: 2, left: 2 } },
      failures: { titles: 2, reasons: [{ reason: '503', titles: 2, examples: ['tt0000008', 'tt0000009'] }] },
      advice: [{ problem: '2 titles failed in 1 partition', command: 'tdd launch --failed' }],
    });
  });

  it('advises sending incomplete partitions again once their messages are gone', async () => {
    const { launch, status, put, clock } = setUp();
    await launch({ minYear: 1990 });
    clock.advance(3_600_000);
    await put('AA', { found: 10 });
    expect((await status()).advice).toEqual([
      {
        problem: '3 partitions are not complete, and no messages are left for them',
        command: 'tdd launch --min-year 1990 --only-missing',
      },
    ]);
  });

  it('reports an interrupted launch at once', async () => {
    const { launch, status, queue } = setUp();
    queue.beforeCall = () => {
      throw new Error('cut');
    };
    await expect(launch({ initial: 'AA' })).rejects.toThrow('cut');
    const { fleet, advice } = await status();
    expect(fleet?.interruptedAt).toBeDefined();
    expect(advice).toEqual([
      {
        problem: 'The launch was interrupted: 1 of 1 partition not sent',
        command: 'tdd launch --initial AA',
      },
    ]);
  });

  it('does not report an interrupted launch whose partitions are complete without it', async () => {
    const { clock, lake, queue, deps, status, aws } = setUp();
    const idHashes = { 2004: { AA: 'hash of AA', BB: 'hash of BB' } };
    const plan = planFleet({
      index: { ...indexOf({ 2004: { AA: 10, BB: 20 } }), idHashes },
      filters: completeFilters({}, clock.now()),
      settings: SETTINGS,
      summaries: new Map(),
      nowMs: clock.now(),
    });
    const complete = (initial: 'AA' | 'BB', given: Parameters<typeof manifestOf>[1]) =>
      putManifest(lake, {
        ...manifestOf({ year: 2004, initial }, given),
        idHash: idHashes[2004][initial],
      });
    await complete('AA', { found: 10 });
    await complete('BB', { found: 20, parts: false });
    queue.beforeCall = () => {
      throw new Error('cut');
    };
    await expect(sendLaunch(deps, plan, { queueName: 'q' })).rejects.toThrow('cut');
    expect(await status()).toMatchObject({
      fleet: { partitions: { complete: 2, unsent: 1 } },
      advice: [{ problem: 'The launch was interrupted: 1 of 2 partitions not sent' }],
    });
    await complete('BB', { found: 20 });
    aws.queue = { ...EMPTY, waiting: 1 };
    expect(await status()).toMatchObject({
      phase: 'running',
      fleet: { partitions: { unsent: 0 } },
      advice: [],
    });
    aws.queue = EMPTY;
    expect(await status()).toMatchObject({ phase: 'complete', advice: [] });
  });

  it('shows the launch that was resumed last, and mentions another interrupted one', async () => {
    const { launch, status, queue, clock, deps, plan } = setUp();
    queue.beforeCall = () => {
      throw new Error('cut');
    };
    await expect(launch()).rejects.toThrow('cut');
    const { fleet: interrupted } = await status();
    queue.beforeCall = undefined;
    clock.advance(5_000);
    await launch({ limit: 1 });
    const other = {
      problem: 'Another launch was interrupted: 3 of 4 partitions not sent',
      command: 'tdd launch',
    };
    expect(await status()).toMatchObject({ fleet: { partitions: { total: 1 } }, advice: [other] });

    clock.advance(5_000);
    const unfinished = await findUnfinishedLaunch({ lake: deps.lake, nowMs: clock.now() }, plan(), {
      queueName: 'q',
      summaries: new Map(),
    });
    await sendLaunch(deps, plan(), { queueName: 'q', resume: unfinished });
    const resumed = await status();
    expect(resumed).toMatchObject({ fleet: { run: interrupted?.run }, advice: [] });
    expect(resumed.fleet).not.toHaveProperty('interruptedAt');
  });

  it('mentions no other interrupted launch once its partitions are downloaded', async () => {
    const { launch, status, queue, clock, put } = setUp();
    queue.beforeCall = () => {
      throw new Error('cut');
    };
    await expect(launch()).rejects.toThrow('cut');
    queue.beforeCall = undefined;
    clock.advance(5_000);
    await launch({ limit: 1 });
    for (const [initial, found] of Object.entries({ BB: 20, CC: 30, DD: 40 })) await put(initial, { found });
    expect((await status()).advice).toEqual([]);
  });

  it('reports the launch of a killed process after a while', async () => {
    const { launch, status, queue, clock } = setUp();
    const sending = new Promise<void>((resolve) => {
      queue.beforeCall = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    void launch({ initial: 'AA' });
    await sending;
    expect(await status()).toMatchObject({
      phase: 'sending',
      fleet: { partitions: { unsent: 1 } },
      advice: [],
    });
    clock.advance(600_000);
    expect((await status()).advice).toEqual([
      {
        problem: 'The launch was interrupted: 1 of 1 partition not sent',
        command: 'tdd launch --initial AA',
      },
    ]);
  });

  it('does not count titles that a launch downloads again as done', async () => {
    const { deps, plan, status, put, clock, ago, aws } = setUp();
    aws.queue = { ...EMPTY, waiting: 4 };
    for (const [initial, found] of Object.entries({ AA: 10, BB: 20, CC: 30, DD: 40 })) {
      await put(initial, { found, at: ago(40 * DAY) });
    }
    const redoBefore = ago(30 * DAY);
    await sendLaunch(deps, { ...plan(), redoBefore }, { queueName: 'q' });
    expect(await status()).toMatchObject({
      phase: 'running',
      fleet: { partitions: { complete: 0, notBegun: 4 }, movies: { settled: 0, left: 100 } },
    });
    clock.advance(60_000);
    await put('AA', { found: 10, at: ago(1_000) });
    expect(await status()).toMatchObject({ fleet: { partitions: { complete: 1, notBegun: 3 } } });
  });

  it('counts titles downloaded with other settings as not done', async () => {
    const { launch, status, put } = setUp();
    await launch();
    await put('AA', { found: 10, settings: { ...SETTINGS, language: 'de-DE' } });
    expect(await status()).toMatchObject({ fleet: { partitions: { complete: 0, notBegun: 4 } } });
  });

  it.each<[string, Partial<ReturnType<typeof setUp>['aws']>, string]>([
    ['no function', { function: undefined }, 'There is no function "films"'],
    ['no queue', { queue: undefined }, 'There is no queue "q"'],
    [
      'no event source',
      { eventSource: undefined },
      'No event source connects the queue "q" to the function "films"',
    ],
    [
      'a function whose update failed',
      { function: { state: 'Active', lastUpdate: 'Failed' } },
      "The worker function's last update failed",
    ],
  ])('advises deploying with %s', async (_, change, problem) => {
    const { status, aws } = setUp();
    Object.assign(aws, change);
    const { advice } = await status();
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatchObject({ command: 'tdd deploy' });
    expect(advice[0]?.problem).toContain(problem);
  });

  it('advises downloading documents older than six months again, with the flags for their years', async () => {
    const { lake, status, ago } = setUp();
    await putManifest(lake, manifestOf({ year: 1987, initial: 'AA' }, { found: 3, at: ago(190 * DAY) }));
    await putManifest(lake, manifestOf({ year: 2004, initial: 'AA' }, { found: 3, at: ago(170 * DAY) }));
    expect((await status()).advice).toEqual([
      {
        problem: "1 partition has documents older than six months, the limit in TMDB's terms",
        command: 'tdd launch --older-than 180d --min-year 1987',
      },
    ]);
  });

  it('gives no advice on age when documents are recent or there are none', async () => {
    const { lake, status, ago, clock } = setUp();
    clock.advance(30 * 60_000); // Half past: an hour counts as a whole.
    const almost = ago(180 * DAY - 20 * 60_000);
    await putManifest(lake, manifestOf({ year: 1987, initial: 'AA' }, { found: 3, at: almost }));
    await putManifest(lake, manifestOf({ year: 2004, initial: 'AA' }, { notFound: 3, at: ago(190 * DAY) }));
    expect((await status()).advice).toEqual([]);
  });

  it('waits until SQS counts new messages, and keeps the limit in its advice', async () => {
    const { deps, plan, status, clock } = setUp();
    await sendLaunch(deps, plan({ limit: 2 }), { queueName: 'q' });
    clock.advance(5_000);
    expect((await status()).advice).toEqual([]);
    clock.advance(600_000);
    expect((await status()).advice.map(({ command }) => command)).toEqual([
      'tdd launch --only-missing --limit 2',
    ]);
  });

  it('reports the partition of a damaged manifest and continues', async () => {
    const { lake, launch, status, put } = setUp();
    await launch();
    await put('AA', { found: 10 });
    lake.put(manifestKey({ year: 2004, initial: 'BB' }), '{"titles": {');
    const now = await status();
    expect(now).toMatchObject({ fleet: { partitions: { complete: 1, notBegun: 3 } } });
    expect(now.advice.map(({ command }) => command)).toContain('tdd simulate --year 2004 --initial BB');
  });

  it('shows the source of the lake, and advises deploying when it is not that of workers that paused', async () => {
    const { lake, aws, status } = setUp();
    const source = { tmdb: 'http://staging.test', imdb: 'https://datasets.imdbws.com' };
    lake.put('tmdb/source.json', JSON.stringify(source));
    aws.environment = { TMDB_BASE_URL: 'https://api.themoviedb.org/' };
    expect(await status()).toMatchObject({ source, advice: [] });
    aws.eventSource = { id: 'e', state: 'Disabled' };
    expect((await status()).advice).toMatchObject([
      {
        problem: expect.stringContaining(
          'TMDB_BASE_URL is http://staging.test in the lake and https://api.themoviedb.org on the workers',
        ),
        command: 'tdd deploy && tdd resume',
      },
    ]);
  });

  it('does not call a manifest of a newer format damaged', async () => {
    const { lake, launch, status } = setUp();
    await launch();
    lake.put(manifestKey({ year: 2004, initial: 'BB' }), '{"version":2}');
    const { advice } = await status();
    expect(advice).toContainEqual({
      problem: expect.stringMatching(/^The manifest of 2004\/BB was written by a newer version of tdd;/),
      command: 'npm install --global tmdb-distributed-downloader && tdd deploy',
    });
    expect(advice.map(({ command }) => command).join()).not.toContain('tdd simulate');
  });

  it('measures the rate again after a standstill', async () => {
    const { launch, status, aws, put, clock, ago } = setUp();
    await launch();
    clock.advance(600_000);
    aws.queue = { ...EMPTY, waiting: 2 };
    await put('DD', { found: 40, at: ago(250_000) } satisfies Partial<Manifest['counts']> & { at: string });
    await put('CC', { found: 20, titles: 30, at: ago(20_000) });
    expect((await status()).rate).toEqual({ moviesPerSecond: 1, overSeconds: 20 });
  });
});
