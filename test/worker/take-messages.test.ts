import { describe, expect, it } from 'vitest';
import {
  ALL_DONE,
  body,
  createWorkerHarness,
  DOWN,
  makeTitles,
  movieAnswer,
  REVOKED,
  returned,
} from './worker-harness.ts';

type Worker = ReturnType<typeof createWorkerHarness>;

/** Puts messages for this many partitions on the queue. */
function queueUp(worker: Worker, count: number, receives = 0): void {
  worker.waiting.push(...initials(count).map((initial) => ({ body: body({ initial }), receives })));
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const initials = (count: number) => Array.from({ length: count }, (_, i) => `B${LETTERS[i]}`);

function isComplete({ lake }: Worker, initial: string): boolean {
  const text = lake.text(`tmdb/manifests/year-2004/initial-${initial}.json`);
  return text !== undefined && JSON.parse(text).complete === true;
}

/** TMDB's response for a path, also to a probe. */
function answer(path: string) {
  if (path !== '/3/authentication') return movieAnswer(path);
  return { status: 200, body: '{"success":true}', retryAfter: undefined };
}

/** What happened to each partition, in the order in which the work on it ended. */
function work({ lines }: Worker) {
  const entries = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'partition');
  return entries.map(({ partition, outcome, next }) => `${partition.slice(5)} ${outcome} ${next.action}`);
}

describe('a worker takes further messages', () => {
  it('until the queue is empty, and deletes each as soon as it is done', async () => {
    const worker = createWorkerHarness();
    queueUp(worker, 25);
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(['AD', ...initials(25)].every((initial) => isComplete(worker, initial))).toBe(true);
    expect(worker.deleted.length).toBe(26);
    expect(new Set(worker.deleted)).toEqual(
      new Set(['receipt-0', ...initials(25).map((_, i) => `taken-${i}`)]),
    );
    expect(worker.requests).toHaveLength(78);
    // Later ones many at a time, since their partitions are small.
    expect(worker.receives.map(({ most }) => most)).toContain(10);
    expect(worker.receives[0]?.visibilitySeconds).toBe(360);
  });

  it('of any kind, as Lambda delivers them', async () => {
    const worker = createWorkerHarness();
    worker.waiting.push({ body: 'no JSON' }, { body: '{"year": "2004", "initial": "A "}' });
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.deadLetters).toMatchObject([{ body: 'no JSON' }]);
    expect(isComplete(worker, 'A_')).toBe(true);
    expect(worker.deleted).toHaveLength(3);
  });

  it('and loses nothing when they cannot be deleted', async () => {
    const worker = createWorkerHarness();
    queueUp(worker, 1);
    worker.beforeQueueCall = (name) => {
      if (name === 'delete') throw new Error('throttled');
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.lines.filter((line) => line.includes('could not be deleted'))).toHaveLength(2);
  });

  it('not from a queue that cannot be read, and says so once', async () => {
    const worker = createWorkerHarness();
    worker.beforeQueueCall = (name) => {
      if (name === 'receive') throw new Error('AWS denied sqs:ReceiveMessage.');
    };
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    const warnings = worker.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'WARN');
    expect(warnings).toMatchObject([{ reason: 'Error: AWS denied sqs:ReceiveMessage.' }]);
  });

  it.each([
    ['disabled', async () => false, 'INFO'],
    ['of unknown state', () => Promise.reject(new Error('AccessDenied')), 'WARN'],
  ])('for five seconds when its event source is %s', async (_what, isEnabled, level) => {
    const worker = createWorkerHarness();
    worker.deps = { eventSource: { isEnabled, disable: async () => {} } };
    worker.latencyMs = 3_000;
    worker.readTitles = async () => makeTitles(20);
    queueUp(worker, 25);
    const startedMs = worker.clock.now();
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(worker.receives.length).toBeGreaterThan(0);
    expect(Math.max(...worker.receives.map(({ atMs }) => atMs - startedMs))).toBeLessThan(5_000);
    expect(worker.waiting.length).toBeGreaterThan(10);
    expect(worker.lines.filter((line) => JSON.parse(line).message !== 'partition')).toMatchObject([
      expect.stringContaining(level),
    ]);
  });
});

it('takes none when someone invokes it without a message', async () => {
  const worker = createWorkerHarness();
  queueUp(worker, 1);
  expect(await worker.deliver([])).toEqual(ALL_DONE);
  expect(worker.waiting).toHaveLength(1);
});

describe('a worker that runs out of time', () => {
  it('takes none in the end, continues those with progress, and sends copies of those without', async () => {
    const worker = createWorkerHarness();
    const sizes = new Map([
      ['AD', 180],
      ['BA', 50],
    ]);
    worker.readTitles = async ({ initial }) => makeTitles(sizes.get(initial) ?? 30);
    worker.latencyMs = 25_000;
    queueUp(worker, 25);
    const startedMs = worker.clock.now();
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    const lastMs = Math.max(...worker.receives.map(({ atMs }) => atMs - startedMs));
    expect(lastMs).toBeGreaterThan(200_000);
    expect(lastMs).toBeLessThan(235_000);
    expect(work(worker).sort()).toEqual([
      'AD done acknowledge',
      'BA timeUp continue',
      'BB notStarted requeue',
    ]);
    expect(worker.sent).toEqual([
      { body: JSON.parse(body({ initial: 'BB' })), delaySeconds: 0 },
      { body: JSON.parse(body({ initial: 'BA', hop: 1 })), delaySeconds: 0 },
    ]);
    expect(worker.deleted).toHaveLength(3);
  });

  it('counts a partition as failed that completed nothing in a minute or more', async () => {
    const worker = createWorkerHarness();
    worker.readTitles = async ({ initial }) => makeTitles(initial === 'AD' ? 3 : 30);
    worker.answer = (path) => {
      worker.latencyMs = 1_000_000;
      return movieAnswer(path);
    };
    queueUp(worker, 1);
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(work(worker)).toContain('BA timeUp return');
    expect(worker.visibilities.at(-1)).toEqual({ receiptHandle: 'taken-0', seconds: 60 });
  });
});

describe('a worker with several open messages', () => {
  it('waits once for TMDB in place, takes none meanwhile, and then continues', async () => {
    const worker = createWorkerHarness();
    queueUp(worker, 25);
    const startedMs = worker.clock.now();
    worker.latencyMs = 100;
    const isDown = () => worker.clock.now() > startedMs + 500 && worker.clock.now() < startedMs + 120_000;
    worker.answer = (path) => (isDown() ? DOWN : answer(path));
    expect(await worker.deliver([body()])).toEqual(ALL_DONE);
    expect(initials(25).every((initial) => isComplete(worker, initial))).toBe(true);
    expect(work(worker).every((line) => line.endsWith(' done acknowledge'))).toBe(true);
    const during = worker.receives.filter(
      ({ atMs }) => atMs > startedMs + 5_000 && atMs < startedMs + 120_000,
    );
    expect(during).toEqual([]);
    expect(worker.requests.filter((path) => path === '/3/authentication').length).toBeLessThanOrEqual(6);
    expect(worker.requests.length).toBeLessThan(78 + 100);
  });

  it.each([
    ['an outage of TMDB', DOWN, 'outage', 0],
    ['a revoked API key', REVOKED, 'keyRefused', 1],
  ])('returns all of them after %s, and takes no others', async (_what, trouble, outcome, disabled) => {
    const worker = createWorkerHarness();
    worker.readTitles = async () => makeTitles(15);
    queueUp(worker, 25);
    worker.latencyMs = 100;
    worker.answer = (path) => (worker.receives.length > 1 ? trouble : movieAnswer(path));
    const answer = await worker.deliver([body()]);
    const ends = work(worker);
    const stopped = ends.filter((line) => line.endsWith(` ${outcome} return`));
    expect(stopped.length).toBeGreaterThan(1);
    expect(ends.filter((line) => !line.endsWith(' done acknowledge'))).toEqual(stopped);
    expect(answer).toEqual(stopped.some((line) => line.startsWith('AD')) ? returned(0) : ALL_DONE);
    expect(worker.disabled).toBe(disabled);
    expect(worker.waiting.length + ends.length).toBe(26);
    expect(worker.visibilities.filter(({ seconds }) => seconds === 120)).toHaveLength(stopped.length);
    expect(worker.sent).toEqual([]);
    expect(worker.deadLetters).toEqual([]);
  });

  it('takes none when it starts during an outage, nor in later invocations, which try no title', async () => {
    const worker = createWorkerHarness();
    queueUp(worker, 25);
    worker.latencyMs = 100;
    worker.answer = () => DOWN;
    const { waiting, requests } = worker;
    expect(await worker.deliver([body()])).toEqual(returned(0));
    const sent = requests.length;
    expect(await worker.deliver([body()], { receives: 2 })).toEqual(returned(0));
    expect(waiting).toHaveLength(25);
    expect(new Set(requests.slice(sent))).toEqual(new Set(['/3/authentication']));
    worker.answer = answer;
    expect(await worker.deliver([body()], { receives: 3 })).toEqual(ALL_DONE);
    expect(waiting).toEqual([]);
  });

  it('works alone on a message that was received before, since it may crash the worker', async () => {
    const worker = createWorkerHarness();
    const inProgress = new Set<string>();
    const together: string[] = [];
    worker.readTitles = async ({ initial }) => {
      inProgress.add(initial);
      await worker.clock.sleep(1_000);
      together.push([...inProgress].sort().join('+'));
      inProgress.delete(initial);
      return [];
    };
    const message = (initial: string, receives: number) => ({ body: body({ initial }), receives });
    worker.waiting.push(
      message('BA', 0),
      message('BB', 0),
      message('BC', 1),
      message('BD', 0),
      message('BE', 0),
    );
    expect(await worker.deliver([body()], { receives: 2 })).toEqual(ALL_DONE);
    expect(together[0]).toBe('AD');
    expect(together).toContain('BC');
    expect(together.filter((line) => line.includes('+')).length).toBeGreaterThan(0);
    expect(worker.deleted).toHaveLength(6);
  });

  it('takes messages that were received before one by one, so that a crash uses up the receive of one only', async () => {
    const worker = createWorkerHarness();
    queueUp(worker, 12, 1);
    expect(await worker.deliver([body()], { receives: 2 })).toEqual(ALL_DONE);
    expect(worker.deleted).toHaveLength(13);
    expect(new Set(worker.receives.map(({ most }) => most))).toEqual(new Set([1]));
  });
});
