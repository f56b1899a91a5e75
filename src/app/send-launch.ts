import type { QueueSender } from '../aws/queue-interface.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { forEachConcurrently } from '../concurrency.ts';
import { UserError } from '../errors.ts';
import {
  type LaunchRecord,
  markPlaces,
  placesToSend,
  rangesOf,
  writeLaunchRecord,
} from '../fleet/launch-record.ts';
import type { FleetPlan } from '../fleet/plan.ts';
import { fleetKey, JSON_TYPE } from '../lake/keys.ts';
import type { ETag, Lake } from '../lake/lake.ts';
import type { LakeSource } from '../lake/source.ts';
import { writeMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { LONG_WAIT_MS, type OnWait } from '../wait.ts';
import { etagOfOwnWrite, type StoredLaunch, storeLaunch } from './launch-store.ts';

/** The progress of sending a launch. */
export interface SendProgress {
  /** Partitions of the launch. */
  readonly total: number;
  /** Acknowledged by SQS, including those that an interrupted launch sent. */
  readonly sent: number;
  /** Rejected by SQS, permanently. */
  readonly rejected: number;
}

/** The result of a launch. */
export interface LaunchReport extends SendProgress {
  readonly run: string;
  /** Acknowledged before this call, by the interrupted launch. */
  readonly sentBefore: number;
  /** Calls of SendMessageBatch. */
  readonly calls: number;
  readonly rejections: readonly { readonly partition: Partition; readonly reason: string }[];
  /** ISO instant at which the resumed launch was started. Absent for a new launch. */
  readonly resumedFrom?: string;
}

interface SendDeps {
  readonly lake: Lake;
  readonly queue: QueueSender;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** SQS's own limit. */
const BATCH_SIZE = 10;
/** A call takes 20 to 50 ms. */
const CONCURRENT_CALLS = 8;
const MAX_TRIES = 8;
const BACKOFF = { firstMs: 250, factor: 2, longestMs: 20_000 };

/** Reports progress and aborts. */
interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SendProgress) => void) | undefined;
  /** Called with each long backoff. */
  readonly onWait?: OnWait | undefined;
}

/**
 * Sends a launch: writes its plan into the lake, then sends each partition to the queue and checkpoints in the plan what
 * SQS has acknowledged. Entries that SQS fails are sent again after a backoff, except those with `SenderFault`.
 * @param options.resume an interrupted launch from `findUnfinishedLaunch`: its rest is sent instead of `plan`.
 * @throws {UserError} when SQS keeps failing; the signal's reason when it is aborted. Acknowledged partitions are marked
 *   first, so that a resumed launch sends only the rest.
 */
export async function sendLaunch(
  deps: SendDeps,
  plan: FleetPlan,
  options: SendOptions & {
    readonly queueName: string;
    readonly source?: LakeSource;
    readonly resume?: StoredLaunch | undefined;
  },
): Promise<LaunchReport> {
  const { queueName: queue, source, resume, signal } = options;
  if (resume !== undefined) {
    return { ...(await sendRest(deps, resume, options)), resumedFrom: resume.fleet.launchedAt };
  }
  const nowMs = deps.clock.now();
  const run = createRunId(nowMs, deps.random);
  return sendRest(deps, await storeLaunch(deps, plan, { run, queue, source, nowMs, signal }), options);
}

async function sendRest(
  deps: SendDeps,
  stored: StoredLaunch,
  { signal, onProgress, onWait }: SendOptions,
): Promise<LaunchReport> {
  const { queue, clock } = deps;
  const { fleet } = stored;
  const places = placesToSend(fleet);
  const marker = createMarker(deps.lake, stored);
  const total = fleet.partitions.length;
  let rejected = fleet.rejected.length;
  let sent = total - places.length - rejected;
  const sentBefore = sent;
  let calls = 0;
  onProgress?.({ total, sent, rejected });

  const finished = await sendAll();
  const rejections = finished.rejected.map(({ place, reason }) => ({
    partition: partitionAt(finished, place),
    reason,
  }));
  return { run: fleet.run, total, sent, sentBefore, rejected, calls, rejections };

  async function sendAll(): Promise<LaunchRecord> {
    try {
      await forEachConcurrently(
        batchesOf(places),
        { concurrency: CONCURRENT_CALLS, signal },
        async (batch) => {
          await marker.waitForCapacity();
          await sendBatch(batch);
        },
      );
    } catch (error) {
      const marked = await marker.finish(clock.now()).catch(() => undefined);
      // If the abort came during the last batch, everything may have been sent.
      if (marked?.finishedAt !== undefined) return marked;
      throw error; // An error of `finish` is ignored: this one came first.
    }
    return marker.finish(clock.now());
  }

  async function sendBatch(batch: readonly number[]): Promise<void> {
    let open = batch;
    for (let tries = 1; ; tries += 1) {
      calls += 1;
      const answer = await queue.sendBatch(
        open.map((place) => ({ id: String(place), body: bodyAt(fleet, place) })),
      );
      const accepted = new Set(answer.accepted);
      const blamed = new Map(
        answer.failed.filter((entry) => entry.senderFault).map((entry) => [entry.id, entry]),
      );
      const acknowledged = open.filter((place) => accepted.has(String(place)));
      marker.acknowledge(acknowledged);
      for (const place of open) {
        const entry = blamed.get(String(place));
        if (entry) marker.reject(place, entry.reason);
      }
      sent += acknowledged.length;
      rejected += blamed.size;
      onProgress?.({ total, sent, rejected });
      open = open.filter((place) => !accepted.has(String(place)) && !blamed.has(String(place)));
      if (open.length === 0) return;
      const reason = answer.failed[0]?.reason ?? 'no reason given';
      if (tries >= MAX_TRIES) throw keepsFailing(reason);
      const delayMs = backoffMs(tries, BACKOFF, deps.random);
      if (delayMs >= LONG_WAIT_MS) {
        onWait?.({
          reason: `SQS fails to accept messages (${reason})`,
          next: 'retrying',
          untilMs: clock.now() + delayMs,
        });
      }
      await clock.sleep(delayMs, signal);
    }
  }

  function keepsFailing(reason: string): UserError {
    return new UserError(
      `SQS failed to accept the same messages ${MAX_TRIES} times (${reason}); ${sent} of ${total} partitions were sent: run the same launch again later to resume it.`,
    );
  }
}

function* batchesOf(places: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < places.length; at += BATCH_SIZE) yield places.slice(at, at + BATCH_SIZE);
}

function partitionAt({ partitions }: LaunchRecord, place: number): Partition {
  const partition = partitions[place];
  if (partition === undefined) throw new RangeError(`The launch has no partition ${place}.`);
  return { year: partition[0], initial: partition[1] };
}

function bodyAt(fleet: LaunchRecord, place: number): string {
  const { snapshot, run, redoBefore, filters, launchedAt } = fleet;
  return writeMessage({
    ...partitionAt(fleet, place),
    snapshot,
    run,
    hop: 0,
    ...(redoBefore !== undefined && { redoBefore }),
    ...(filters.failed && { redoIncompleteBefore: launchedAt }),
  });
}

/** Keeps a launch's record in the lake up to date with what SQS has acknowledged. */
interface Marker {
  /** Marks partitions that SQS has accepted; the mark is written soon. */
  acknowledge(places: readonly number[]): void;
  /** Marks a partition that SQS rejects permanently; the mark is written soon. */
  reject(place: number, reason: string): void;
  /** Waits while too many marks are unwritten. @throws the error of a failed write. */
  waitForCapacity(): Promise<void>;
  /** Writes the remaining marks, and marks the launch as finished if everything is sent, otherwise as interrupted. */
  finish(nowMs: number): Promise<LaunchRecord>;
}

/** Sending waits while this many marks are unwritten. This limits how many partitions are sent twice after a kill. */
const MAX_UNWRITTEN = 250;

/**
 * Writes one update at a time. Each contains everything acknowledged during the previous write, so a launch of 9,000
 * partitions takes a few dozen writes, and a kill loses the marks of one write.
 */
function createMarker(lake: Lake, stored: StoredLaunch): Marker {
  const { interruptedAt: _, ...launch } = stored.fleet; // It is being sent again.
  const key = fleetKey(launch.run);
  const marks = markPlaces(launch.partitions.length, launch.acknowledged);
  const rejected = [...launch.rejected];
  let etag: ETag = stored.etag;
  let unwritten = 0;
  let writing: Promise<void> | undefined;
  let failure: { readonly reason: unknown } | undefined;

  function current(end: Pick<LaunchRecord, 'finishedAt' | 'interruptedAt'> = {}): LaunchRecord {
    return { ...launch, acknowledged: rangesOf(marks), rejected, ...end };
  }

  async function write(fleet: LaunchRecord): Promise<void> {
    const text = writeLaunchRecord(fleet);
    const written =
      (await lake.compareAndSwap(key, text, JSON_TYPE, etag)) ?? (await etagOfOwnWrite(lake, key, text));
    if (written === undefined) {
      throw new UserError(
        `Another process is sending the launch ${launch.run}: wait until it finishes, or stop it and launch again.`,
      );
    }
    etag = written;
  }

  async function writeUntilCurrent(): Promise<void> {
    try {
      while (unwritten > 0 && failure === undefined) {
        unwritten = 0;
        await write(current());
      }
    } catch (reason) {
      failure = { reason };
    } finally {
      writing = undefined;
    }
  }

  function changed(places: number): void {
    unwritten += places;
    if (places > 0 && failure === undefined) writing ??= writeUntilCurrent();
  }

  return {
    acknowledge(places) {
      for (const place of places) marks[place] = 1;
      changed(places.length);
    },
    reject(place, reason) {
      rejected.push({ place, reason });
      changed(1);
    },
    async waitForCapacity() {
      while (writing !== undefined && unwritten >= MAX_UNWRITTEN) await writing;
      if (failure !== undefined) throw failure.reason;
    },
    async finish(nowMs) {
      await writing;
      if (failure !== undefined) throw failure.reason;
      const now = new Date(nowMs).toISOString();
      const done = marks.reduce((sum, mark) => sum + mark, 0) + rejected.length;
      const isFinished = done === launch.partitions.length;
      const fleet = current(isFinished ? { finishedAt: now } : { interruptedAt: now });
      await write(fleet);
      return fleet;
    },
  };
}
