import { describe, expect, it } from 'vitest';
import { findUnfinishedLaunch, readLatestLaunch } from '../../src/app/launch-store.ts';
import { sendLaunch } from '../../src/app/send-launch.ts';
import { completeFilters } from '../../src/fleet/filters.ts';
import { type LaunchRecord, placesToSend } from '../../src/fleet/launch-record.ts';
import { summarizeManifest } from '../../src/fleet/manifest-summary.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { FLEET_PREFIX } from '../../src/lake/keys.ts';
import type { Wait } from '../../src/wait.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { FakeQueue } from './fake-queue.ts';
import { largeIndex, manifestOf, SETTINGS } from './synthetic-lake.ts';

const QUEUE = 'movies-queue';

function setUp(partitions: number) {
  const clock = createFakeClock();
  const lake = new MemoryLake('memory://lake', clock.now);
  const queue = new FakeQueue();
  const deps = { lake, queue, clock, random: () => 0.5 };
  const index = largeIndex(partitions);
  const makePlan = (given = {}) =>
    planFleet({
      index,
      filters: completeFilters(given, clock.now()),
      settings: SETTINGS,
      summaries: new Map(),
      nowMs: clock.now(),
    });
  const plan = makePlan();
  const launch = (options = {}) => sendLaunch(deps, plan, { queueName: QUEUE, ...options });
  const findUnfinished = (summaries = new Map(), queueName = QUEUE) =>
    findUnfinishedLaunch({ lake, nowMs: clock.now() }, plan, { queueName, summaries });
  const stored = (): LaunchRecord => JSON.parse(lake.text(lake.keys(FLEET_PREFIX).at(-1) ?? '') ?? '');
  return { clock, lake, queue, deps, plan, makePlan, launch, findUnfinished, stored };
}

/** How many partitions were sent more than once. */
const repeats = (queue: FakeQueue) => queue.partitions().length - new Set(queue.partitions()).size;

describe('sendLaunch', () => {
  it('sends 9,000 partitions once each in 900 calls, largest first', async () => {
    const { launch, queue, plan, stored, lake } = setUp(9_000);
    const report = await launch();
    expect(report).toMatchObject({ total: 9_000, sent: 9_000, sentBefore: 0, rejected: 0, calls: 900 });
    expect(queue.calls).toEqual(new Array(900).fill(10));
    expect(new Set(queue.partitions()).size).toBe(9_000);
    const [first] = plan.partitions;
    expect(queue.partitions()[0]).toBe(`${first?.year}/${first?.initial}`);
    expect(stored()).toMatchObject({ acknowledged: [[0, 9_000]], finishedAt: expect.any(String) });
    expect(lake.calls.filter(({ name }) => name === 'compareAndSwap').length).toBeLessThan(450);
  });

  it('sends messages that a worker can parse', async () => {
    const { launch, queue } = setUp(1);
    const { run } = await launch();
    expect(queue.bodies.map((body) => JSON.parse(body))).toEqual([
      { year: 2000, initial: 'AA', snapshot: '2026-11-22', run, hop: 0 },
    ]);
  });

  it('includes redoBefore in the message', async () => {
    const { queue, deps, plan } = setUp(1);
    await sendLaunch(deps, { ...plan, redoBefore: '2026-10-23T10:00:00.000Z' }, { queueName: QUEUE });
    expect(JSON.parse(queue.bodies[0] ?? '')).toMatchObject({ redoBefore: '2026-10-23T10:00:00.000Z' });
  });

  it('with --failed, asks workers to download movies with missing reviews again', async () => {
    const { queue, deps, plan, clock } = setUp(1);
    const filters = { ...plan.filters, failed: true };
    await sendLaunch(deps, { ...plan, filters }, { queueName: QUEUE });
    const redoIncompleteBefore = new Date(clock.now()).toISOString();
    expect(JSON.parse(queue.bodies[0] ?? '')).toMatchObject({ redoIncompleteBefore });
  });

  it('writes its plan before it sends anything', async () => {
    const { launch, queue, lake } = setUp(30);
    queue.beforeCall = () => {
      expect(lake.keys(FLEET_PREFIX)).toHaveLength(1);
    };
    await launch();
    expect.assertions(3);
  });

  it('sends only the failed messages again', async () => {
    const { launch, queue } = setUp(95);
    const failedOnce = new Set<string>();
    queue.judge = ({ id }) => {
      if (Number(id) % 9 !== 0 || failedOnce.has(id)) return undefined;
      failedOnce.add(id);
      return { id, reason: 'InternalError', senderFault: false };
    };
    const report = await launch();
    expect(report).toMatchObject({ sent: 95, rejected: 0, calls: 20 });
    expect(queue.partitions()).toHaveLength(95);
    expect(repeats(queue)).toBe(0);
    expect(queue.calls.filter((entries) => entries < 5).reduce((sum, entries) => sum + entries, 0)).toBe(11);
  });

  it('reports messages that SQS rejects permanently, and does not send them again', async () => {
    const { launch, queue, plan, stored, findUnfinished } = setUp(20);
    queue.judge = ({ id }) =>
      id === '3' ? { id, reason: 'InvalidMessageContents: no', senderFault: true } : undefined;
    const report = await launch();
    const { year = 0, initial = '' } = plan.partitions[3] ?? {};
    expect(report).toMatchObject({ sent: 19, rejected: 1, calls: 2 });
    expect(report.rejections).toEqual([
      { partition: { year, initial }, reason: 'InvalidMessageContents: no' },
    ]);
    expect(stored().finishedAt).toBeDefined();
    expect(await findUnfinished()).toBeUndefined();
  });

  it('gives up when SQS keeps failing, and the next launch sends the rest', async () => {
    const { launch, queue, findUnfinished, stored } = setUp(40);
    queue.judge = ({ id }) =>
      Number(id) < 5 ? { id, reason: 'InternalError', senderFault: false } : undefined;
    const waits: Wait[] = [];
    await expect(launch({ onWait: (wait: Wait) => void waits.push(wait) })).rejects.toThrow(
      /failed to accept the same messages 8 times \(InternalError\); 35 of 40 .*run the same launch again/,
    );
    const reason = 'SQS fails to accept messages (InternalError)';
    // The backoff before the last two of eight attempts is 5 s or more.
    expect(waits).toEqual(waits.map(() => ({ reason, next: 'retrying', untilMs: expect.any(Number) })));
    expect(waits).toHaveLength(2);
    queue.judge = undefined;
    const report = await launch({ resume: await findUnfinished() });
    expect(report).toMatchObject({ total: 40, sent: 40, sentBefore: 35, resumedFrom: expect.any(String) });
    expect(stored().interruptedAt).toBeUndefined();
    expect(queue.partitions()).toHaveLength(40);
    expect(repeats(queue)).toBe(0);
  });

  it('resumes after a rejected call: each partition is sent once', async () => {
    const { launch, queue, findUnfinished, stored } = setUp(9_000);
    queue.beforeCall = (call) => {
      if (call > 400) throw new Error('the wire was cut');
    };
    await expect(launch()).rejects.toThrow('the wire was cut');
    expect(placesToSend(stored())).toHaveLength(9_000 - queue.bodies.length);
    queue.beforeCall = undefined;
    const run = stored().run;
    expect(await launch({ resume: await findUnfinished() })).toMatchObject({ run, sent: 9_000 });
    expect(queue.partitions()).toHaveLength(9_000);
    expect(repeats(queue)).toBe(0);
  });

  it("marks what was sent before it throws its signal's reason", async () => {
    const { launch, queue, stored } = setUp(500);
    const ending = new AbortController();
    queue.beforeCall = (call) => {
      if (call === 20) ending.abort(new Error('cancelled'));
    };
    await expect(launch({ signal: ending.signal })).rejects.toThrow('cancelled');
    expect(queue.bodies.length).toBeLessThan(500);
    expect(placesToSend(stored())).toHaveLength(500 - queue.bodies.length);
    expect(stored().finishedAt).toBeUndefined();
    expect(stored().interruptedAt).toBeDefined();
  });

  it('is finished when its signal was aborted during the last batch, since everything was sent', async () => {
    const { launch, queue, stored, findUnfinished } = setUp(4);
    const ending = new AbortController();
    queue.beforeCall = () => ending.abort(new Error('cancelled'));
    expect(await launch({ signal: ending.signal })).toMatchObject({ total: 4, sent: 4 });
    expect(stored().finishedAt).toBeDefined();
    expect(await findUnfinished()).toBeUndefined();
  });

  it('does not resend a partition that a worker has started, even if its mark was lost', async () => {
    const { launch, queue, lake, findUnfinished, stored } = setUp(60);
    // The first write creates the plan. No later write succeeds, as if the launch was killed before the first mark.
    let swaps = 0;
    lake.beforeCall = (name) => {
      if (name === 'compareAndSwap' && ++swaps > 1) throw new Error('killed');
    };
    await expect(launch()).rejects.toThrow('killed');
    lake.beforeCall = undefined;
    const sent = new Set(queue.partitions());
    const { run, partitions } = stored();
    const begun = partitions.slice(0, 7).map(([year, initial]) => ({ year, initial }));
    const summaries = new Map(
      begun.map((partition) => [
        `${partition.year}/${partition.initial}`,
        summarizeManifest(manifestOf(partition, { found: 1, titles: 9, run }), 0),
      ]),
    );
    await launch({ resume: await findUnfinished(summaries) });
    expect(new Set(queue.partitions()).size).toBe(60);
    expect(repeats(queue)).toBe(sent.size - 7);
  });

  it('does not send a plan that another launch is sending', async () => {
    const { launch, queue, lake } = setUp(500);
    queue.beforeCall = (call) => {
      const [key = ''] = lake.keys(FLEET_PREFIX);
      if (call === 5) lake.put(key, `${lake.text(key)} `);
    };
    await expect(launch()).rejects.toThrow('Another process is sending the launch');
  });

  it('does not resume a launch with another queue or other filters', async () => {
    const { launch, queue, lake, clock, findUnfinished, makePlan, deps } = setUp(30);
    queue.beforeCall = () => {
      throw new Error('cut');
    };
    await expect(launch()).rejects.toThrow('cut');
    queue.beforeCall = undefined;
    expect(await findUnfinished(new Map(), 'another-queue')).toBeUndefined();
    const other = makePlan({ limit: 3 });
    const nowMs = clock.now();
    expect(
      await findUnfinishedLaunch({ lake, nowMs }, other, { queueName: QUEUE, summaries: new Map() }),
    ).toBeUndefined();
    expect(await findUnfinished()).toBeDefined();
    clock.advance(15 * 86_400_000);
    expect(await findUnfinished()).toBeUndefined();
    await sendLaunch(deps, other, { queueName: QUEUE });
    expect((await readLatestLaunch({ lake }))?.fleet.filters.limit).toBe(3);
  });

  it('ignores a file that is not a launch', async () => {
    const { launch, lake } = setUp(3);
    await launch();
    lake.put(`${FLEET_PREFIX}20991122T101500Z-4f3a2b.json`, '{"run": 1');
    expect((await readLatestLaunch({ lake }))?.fleet.partitions).toHaveLength(3);
  });
});
