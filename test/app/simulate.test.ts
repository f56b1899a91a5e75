import { describe, expect, it } from 'vitest';
import { followRun } from '../../src/app/simulate.ts';
import type { Manifest, Outcome } from '../../src/download/manifest.ts';
import { manifestKey } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { manifestOf } from './synthetic-lake.ts';

const PARTITION = { year: 2004, initial: 'AD' };

/** A run whose manifest and queue change with each read of the manifest. */
function createScene(
  steps: readonly {
    run?: string;
    outcome: Outcome;
    complete?: boolean;
    damaged?: boolean;
    parts?: Manifest['parts'];
  }[],
) {
  const lake = new MemoryLake();
  const scene = { messages: 1, letter: undefined as { readonly reason?: string } | undefined, looks: 0 };
  const counts = { titles: 3, found: 2, notFound: 1, refused: 0, failed: 0, reviews: 7 };
  lake.beforeCall = () => {
    const step = steps[Math.min(scene.looks, steps.length - 1)];
    scene.looks += 1;
    if (step === undefined) return;
    const { lastRun, ...manifest } = manifestOf(PARTITION, { parts: false });
    const { run = 'ours', complete = false, outcome, parts } = step;
    const text = JSON.stringify({
      ...manifest,
      complete,
      counts,
      lastRun: { ...lastRun, run, outcome },
      parts,
    });
    lake.put(manifestKey(PARTITION), step.damaged ? text.slice(0, text.length / 2) : text);
  };
  const depthsOf = (waiting: number) => ({ waiting, inFlight: 0, delayed: 0, retentionSeconds: 1_209_600 });
  const queue = { readDepths: async () => depthsOf(scene.messages) };
  const deadLetters = {
    readDepths: async () => depthsOf(scene.letter ? 1 : 0),
    receive: async () => [
      { id: 'm', receipt: 'r', body: '', sentAtMs: 0, receives: 1, run: 'ours', ...scene.letter },
    ],
    makeVisible: async () => {},
    delete: async () => [],
  };
  const shown: (Outcome | undefined)[] = [];
  const clock = createFakeClock();
  const follow = (signal?: AbortSignal) =>
    followRun(
      { queue, deadLetters, lake, clock },
      { partition: PARTITION, run: 'ours' },
      { onProgress: (manifest) => shown.push(manifest?.lastRun.outcome), ...(signal && { signal }) },
    );
  return { scene, follow, shown, counts, clock };
}

describe('followRun', () => {
  it('does not mistake an earlier complete run for this one', async () => {
    const { follow, shown, counts } = createScene([
      { run: 'earlier', outcome: 'complete', complete: true },
      { run: 'earlier', outcome: 'complete', complete: true },
      { outcome: 'running' },
      { outcome: 'complete', complete: true },
    ]);
    expect(await follow()).toEqual({ complete: true, counts });
    expect(shown).toEqual([undefined, undefined, 'running', 'complete']);
  });

  it('waits until the worker replaces a damaged manifest', async () => {
    const { follow, counts } = createScene([
      { outcome: 'complete', damaged: true },
      { outcome: 'complete', complete: true },
    ]);
    expect(await follow()).toEqual({ complete: true, counts });
  });

  it('continues through deadlines, failures and outages, which workers retry', async () => {
    const outcomes: Outcome[] = ['stopped', 'failedTitles', 'outage', 'error', 'running'];
    const { follow, shown } = createScene([
      ...outcomes.map((outcome) => ({ outcome })),
      { outcome: 'complete', complete: true },
    ]);
    expect(await follow()).toMatchObject({ complete: true });
    expect(shown).toEqual([...outcomes, 'complete']);
  });

  it('waits for the parts of a partition whose titles are all done', async () => {
    const parts = manifestOf(PARTITION).parts;
    const outdated = parts && { ...parts, outdated: ['tt0000001'] };
    const { follow, shown } = createScene([
      { outcome: 'running', complete: true },
      // The time ran out before they were written; a continuation message follows.
      { outcome: 'stopped', complete: true },
      // Another run had changed the manifest while they were written.
      { outcome: 'complete', complete: true, parts: outdated },
      { outcome: 'complete', complete: true, parts },
    ]);
    expect(await follow()).toMatchObject({ complete: true });
    expect(shown).toEqual(['running', 'stopped', 'complete', 'complete']);
  });

  it('does not wait for parts from a worker of an earlier version, which writes none', async () => {
    const { follow, shown } = createScene([{ outcome: 'complete', complete: true }]);
    expect(await follow()).toMatchObject({ complete: true });
    expect(shown).toHaveLength(1);
  });

  it.each([
    [{ reason: '1 title of 3 failed.' }, '1 title of 3 failed.'],
    [{}, 'The worker crashed, ran out of time or memory, or Lambda could not start it: see its log.'],
  ])('fails when the message becomes the dead letter %o', async (letter, reason) => {
    const { scene, follow, counts } = createScene([{ outcome: 'failedTitles' }]);
    scene.letter = letter;
    expect(await follow()).toEqual({ complete: false, counts, reason });
  });

  it('fails when TMDB rejects the key, because the fleet is then paused', async () => {
    const { follow } = createScene([{ outcome: 'keyRefused' }]);
    expect(await follow()).toMatchObject({ complete: false, reason: expect.stringContaining('tdd resume') });
  });

  it('fails when the message has disappeared', async () => {
    const { scene, follow, clock } = createScene([]);
    scene.messages = 0;
    const startMs = clock.now();
    expect(await follow()).toEqual({ complete: false, reason: expect.stringContaining('queue is empty') });
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(120_000);
  });

  it('succeeds when another run has completed the same partition', async () => {
    const { scene, follow } = createScene([{ run: 'other', outcome: 'complete', complete: true }]);
    scene.messages = 0;
    expect(await follow()).toMatchObject({ complete: true });
  });

  it("throws its signal's reason", async () => {
    const { follow } = createScene([]);
    await expect(follow(AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  });
});
