import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotKey } from '../../src/lake/keys.ts';
import { readTitles } from '../../src/worker/read-titles.ts';
import { buildPartitionIndex } from '../imdb/build-partition-index.ts';
import { GOOD_LIST, IMDB_FAULTS } from '../imdb/imdb-faults.ts';
import { gzipRows, titleRow } from '../imdb/snapshot-file.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFastClock } from '../support/fast-clock.ts';
import { type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';
import { ALL_DONE, body, createWorkerHarness, returned } from './worker-harness.ts';

const DAY = '2026-11-22';

let imdb: LoopbackServer;
/** IMDb's responses to the first, second … request; the last one also answers all further requests. */
let responses: ((response: ServerResponse) => void)[];

beforeAll(async () => {
  imdb = await startLoopbackServer((_, response) => {
    const send = responses.length > 1 ? responses.shift() : responses[0];
    send?.(response);
  });
});
afterAll(() => imdb.stop());

/** Delivers a message of the day to a worker whose lake has no list of that day. */
async function deliver(
  prepare: (deps: Parameters<typeof readTitles>[0]) => Promise<unknown> = async () => {},
) {
  // Faster, as the worker waits a second for further messages, but the invocation must not end while IMDb answers.
  const worker = createWorkerHarness({ clock: createFastClock(10) });
  const { lake } = worker;
  const clock = createFakeClock(Date.parse(`${DAY}T10:00:00Z`));
  const deps = { lake, clock, datasetsUrl: imdb.url, userAgent: 'tdd-test/1', titleTypes: ['movie'] };
  await prepare(deps);
  worker.readTitles = (partition, day, signal) => readTitles(deps, partition, day, signal);
  const answer = await worker.deliver([body({ snapshot: DAY })]);
  return { answer, lake, log: JSON.parse(worker.lines.at(-1) ?? 'null') };
}

describe("a worker, when IMDb's server answers with", () => {
  it.each(IMDB_FAULTS)('$name once, requests the list again', async ({ send }) => {
    responses = [send, (response) => response.end(GOOD_LIST)];
    const { answer, lake, log } = await deliver();
    expect(log).toMatchObject({ outcome: 'done', counts: { titles: 300 } });
    expect(answer).toEqual(ALL_DONE);
    expect((await lake.read(snapshotKey(DAY)))?.body.equals(GOOD_LIST)).toBe(true);
  });

  it.each(IMDB_FAULTS)('$name every time, returns the message and keeps nothing', async ({ send, fault }) => {
    responses = [send];
    const { answer, lake, log } = await deliver();
    expect(log).toMatchObject({ level: 'WARN', outcome: fault === 'transient' ? 'outage' : 'failed' });
    expect(answer).toEqual(returned(0));
    expect(lake.keys()).toEqual([]);
  });

  it('a list that has shrunken since the day before, returns the message as in an outage', async () => {
    responses = [(response) => response.end(gzipRows([titleRow('tt0000001', 'Adventure', 2004)]))];
    const name = { day: '2026-11-20', titleTypes: ['movie'] };
    const { answer, lake, log } = await deliver((deps) =>
      buildPartitionIndex(deps, Readable.from([GOOD_LIST]), name),
    );
    expect(log).toMatchObject({
      level: 'WARN',
      outcome: 'outage',
      next: { reason: expect.stringContaining('less than half of the 300 on 2026-11-20') },
    });
    expect(answer).toEqual(returned(0));
    expect(lake.keys().filter((key) => key.includes(DAY))).toEqual([]);
  });
});
