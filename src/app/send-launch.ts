import type { QueueSender } from '../aws/queue-interface.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { type LaunchRecord, placesToSend } from '../fleet/launch-record.ts';
import type { Lake } from '../lake/lake.ts';
import { writeMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import { createFleetMarker } from './fleet-marker.ts';
import { workInLanes } from './in-lanes.ts';
import type { StoredLaunch } from './launch-store.ts';

/** How far the sending is. */
export interface SendProgress {
  /** Partitions of the launch. */
  readonly total: number;
  /** Acknowledged by SQS, those of an earlier try among them. */
  readonly sent: number;
  /** That SQS will never take. */
  readonly rejected: number;
}

/** What a launch has sent. */
export interface SendReport extends SendProgress {
  readonly run: string;
  /** Acknowledged before this sending began. */
  readonly sentBefore: number;
  /** Calls of SendMessageBatch. */
  readonly calls: number;
  readonly rejections: readonly { readonly partition: Partition; readonly reason: string }[];
}

export interface SendDeps {
  readonly lake: Lake;
  readonly queue: QueueSender;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** SQS's own limit. */
const BATCH = 10;
/** Batches in flight: a call takes 20 to 50 ms. */
const LANES = 8;
const MAX_TRIES = 8;
const BACKOFF = { firstMs: 250, factor: 2, longestMs: 20_000 };

/**
 * Sends what of a launch is not yet sent, and marks in the lake what SQS has acknowledged. Entries that SQS
 * failed are sent again after a while, those that it blames on the sender never.
 * @throws {UserError} when SQS goes on failing; the signal's reason when it is aborted. What is acknowledged is
 *   marked before, so that the same launch goes on from there.
 */
export async function sendFleet(
  deps: SendDeps,
  stored: StoredLaunch,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: SendProgress) => void) | undefined;
  } = {},
): Promise<SendReport> {
  const { queue, clock } = deps;
  const { fleet } = stored;
  const { signal, onProgress } = options;
  const places = placesToSend(fleet);
  const marker = createFleetMarker(deps, stored);
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
      await workInLanes(batchesOf(places), { lanes: LANES, signal }, async (batch) => {
        await marker.room();
        await sendBatch(batch);
      });
    } catch (error) {
      const marked = await marker.finish(clock.now()).catch(() => undefined);
      // Whoever ended it as the last batch was under way has sent all.
      if (marked?.finishedAt !== undefined) return marked;
      throw error; // It came first: it is the one to tell.
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
      if (tries >= MAX_TRIES) throw keepsFailing(answer.failed[0]?.reason);
      await clock.sleep(backoffMs(tries, BACKOFF, deps.random), signal);
    }
  }

  function keepsFailing(reason = 'no reason given'): UserError {
    return new UserError(
      `SQS has failed the same messages ${MAX_TRIES} times (${reason}); ${sent} of ${total} partitions are sent: run the same launch again later, it goes on from there.`,
    );
  }
}

function* batchesOf(places: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < places.length; at += BATCH) yield places.slice(at, at + BATCH);
}

function partitionAt({ partitions }: LaunchRecord, place: number): Partition {
  const partition = partitions[place];
  if (partition === undefined) throw new RangeError(`The launch has no partition ${place}.`);
  return { year: partition[0], initial: partition[1] };
}

function bodyAt(fleet: LaunchRecord, place: number): string {
  const { snapshot, run, redoBefore } = fleet;
  const message = { ...partitionAt(fleet, place), snapshot, run, hop: 0 };
  return writeMessage(redoBefore === undefined ? message : { ...message, redoBefore });
}
