import { describe, expect, it } from 'vitest';
import { pause, resume } from '../../src/app/switch.ts';
import type { EventSource } from '../../src/aws/event-source.ts';
import { completeFilters } from '../../src/fleet/filters.ts';
import { createLaunchRecord, writeLaunchRecord } from '../../src/fleet/launch-record.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { fleetKey } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { indexOf, SETTINGS } from './synthetic-lake.ts';

/** An event source whose changes take time. It rejects other changes until then. */
function setUp({ state = 'Enabled', waiting = 3 } = {}) {
  const clock = createFakeClock();
  const lake = new MemoryLake();
  const switches: boolean[] = [];
  let target: { readonly state: string; readonly atMs: number } = { state, atMs: 0 };
  const current = (): EventSource => {
    const between = target.state === 'Enabled' ? 'Enabling' : 'Disabling';
    return { id: 'e', state: clock.now() >= target.atMs ? target.state : between };
  };
  const workers = {
    functionName: 'films',
    queueName: 'q',
    removeTag: async (_key: string): Promise<void> => {},
    readEventSource: async (): Promise<EventSource | undefined> => current(),
    setEventSourceEnabled: async (_id: string, enabled: boolean) => {
      if (clock.now() < target.atMs) throw new Error('ResourceInUseException');
      switches.push(enabled);
      target = { state: enabled ? 'Enabled' : 'Disabled', atMs: clock.now() + 7_000 };
      return current();
    },
  };
  const queue = {
    readDepths: async () => ({ waiting, inFlight: 0, delayed: 0, retentionSeconds: 1_209_600 }),
  };
  const launchedAt = (day: string) => {
    const nowMs = Date.parse(day);
    const plan = planFleet({
      index: indexOf({ 2004: { AD: 3 } }),
      filters: completeFilters({}, nowMs),
      settings: SETTINGS,
      summaries: new Map(),
      nowMs,
    });
    lake.put(
      fleetKey(`run-${day.slice(0, 10)}`),
      writeLaunchRecord(createLaunchRecord(plan, { run: 'r', queue: 'q', nowMs })),
    );
  };
  return { deps: { workers, queue, clock, lake }, switches, launchedAt, workers, clock };
}

describe('pause', () => {
  it('disables the event source and waits until it is disabled', async () => {
    const { deps, switches } = setUp();
    expect(await pause(deps)).toMatchObject({
      unchanged: false,
      eventSource: { state: 'Disabled' },
    });
    expect(switches).toEqual([false]);
  });

  it('changes nothing when the event source is already disabled', async () => {
    const { deps, switches } = setUp({ state: 'Disabled' });
    const onChange = () => expect.fail('The event source does not change.');
    expect(await pause(deps, { onChange })).toMatchObject({
      unchanged: true,
      eventSource: { state: 'Disabled' },
    });
    expect(switches).toEqual([]);
  });

  it('first waits until another change is complete', async () => {
    const { deps, switches, workers } = setUp({ state: 'Disabled' });
    await workers.setEventSourceEnabled('e', true);
    await pause(deps);
    expect(switches).toEqual([true, false]);
  });

  it('reports that SQS drops waiting messages from 14 days after the launch', async () => {
    const { deps, launchedAt } = setUp();
    launchedAt('2026-11-20T08:00:00.000Z');
    const { expiresFrom, expiresUntil } = await pause(deps);
    expect(expiresFrom).toBe('2026-12-04T08:00:00.000Z');
    expect(expiresUntil?.slice(0, 10)).toBe('2026-12-06');
  });

  it('reports only the last day when no known launch can have waiting messages', async () => {
    const { deps, launchedAt } = setUp();
    launchedAt('2026-10-01T08:00:00.000Z');
    const report = await pause(deps);
    expect(report).not.toHaveProperty('expiresFrom');
    expect(report.expiresUntil).toBeDefined();
  });

  it('reports no day when no messages are waiting', async () => {
    const { deps, launchedAt } = setUp({ waiting: 0 });
    launchedAt('2026-11-20T08:00:00.000Z');
    expect(Object.keys(await pause(deps)).sort()).toEqual(['eventSource', 'queue', 'unchanged']);
  });
});

describe('resume', () => {
  it('enables the event source', async () => {
    const { deps, switches } = setUp({ state: 'Disabled' });
    expect(await resume(deps)).toMatchObject({
      unchanged: false,
      eventSource: { state: 'Enabled' },
    });
    expect(switches).toEqual([true]);
  });

  it('reports what to do when there is no event source', async () => {
    const { deps, workers } = setUp();
    workers.readEventSource = async () => undefined;
    await expect(resume(deps)).rejects.toThrow(
      'No event source connects the queue "q" to the function "films": check the names, or run "tdd deploy" first.',
    );
  });

  it('gives up when the change never completes', async () => {
    const { deps, workers, clock } = setUp();
    workers.readEventSource = async () => ({ id: 'e', state: 'Updating' });
    const before = clock.now();
    await expect(resume(deps)).rejects.toThrow('still "Updating" after two minutes');
    expect(clock.now() - before).toBeLessThan(130_000);
  });
});
