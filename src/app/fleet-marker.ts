import { UserError } from '../errors.ts';
import { type LaunchRecord, markPlaces, rangesOf, writeLaunchRecord } from '../fleet/launch-record.ts';
import { fleetKey, JSON_TYPE } from '../lake/keys.ts';
import type { ETag, Lake } from '../lake/lake.ts';
import type { StoredLaunch } from './launch-store.ts';

/** Keeps a launch's file in the lake in step with what SQS has said. */
export interface FleetMarker {
  /** SQS has these. Written soon. */
  acknowledge(places: readonly number[]): void;
  /** SQS will never take this. Written soon. */
  reject(place: number, reason: string): void;
  /** Waits until little enough is unwritten to send more. @throws what a write has thrown. */
  room(): Promise<void>;
  /** Writes what is unwritten, and that the launch is finished when nothing is left. */
  finish(nowMs: number): Promise<LaunchRecord>;
}

/** Sending waits while so many partitions are unwritten: what a killed launch can send again stays small. */
const MAX_UNWRITTEN = 250;

/**
 * Marks are written one after the other, each with all that has come in while the last one was under way: a launch
 * of 9,000 partitions costs some dozens of writes, and a kill the news of one write.
 */
export function createFleetMarker({ lake }: { readonly lake: Lake }, stored: StoredLaunch): FleetMarker {
  const key = fleetKey(stored.fleet.run);
  const marks = markPlaces(stored.fleet.partitions.length, stored.fleet.acknowledged);
  const rejected = [...stored.fleet.rejected];
  let etag: ETag = stored.etag;
  let unwritten = 0;
  let writing: Promise<void> | undefined;
  let broken: { readonly reason: unknown } | undefined;

  function current(finishedAt?: string): LaunchRecord {
    const acknowledged = rangesOf(marks);
    return { ...stored.fleet, acknowledged, rejected, ...(finishedAt !== undefined && { finishedAt }) };
  }

  async function write(fleet: LaunchRecord): Promise<void> {
    const text = writeLaunchRecord(fleet);
    const written = await lake.compareAndSwap(key, text, JSON_TYPE, etag);
    etag = written ?? (await readBack(text));
  }

  /** A retried write can meet the version that it has just made itself. */
  async function readBack(text: string): Promise<ETag> {
    const object = await lake.read(key);
    if (object?.body.toString('utf8') === text) return object.etag;
    throw new UserError(
      `Another launch is sending the plan ${stored.fleet.run} right now: let it finish, or end it and launch again.`,
    );
  }

  async function writeWhileNew(): Promise<void> {
    try {
      while (unwritten > 0 && broken === undefined) {
        unwritten = 0;
        await write(current());
      }
    } catch (reason) {
      broken = { reason };
    } finally {
      writing = undefined;
    }
  }

  function changed(places: number): void {
    unwritten += places;
    if (places > 0 && broken === undefined) writing ??= writeWhileNew();
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
    async room() {
      while (writing !== undefined && unwritten >= MAX_UNWRITTEN) await writing;
      if (broken !== undefined) throw broken.reason;
    },
    async finish(nowMs) {
      await writing;
      if (broken !== undefined) throw broken.reason;
      const settled = marks.reduce((sum, mark) => sum + mark, 0) + rejected.length;
      const isFinished = settled === stored.fleet.partitions.length;
      const fleet = current(isFinished ? new Date(nowMs).toISOString() : undefined);
      if (isFinished || unwritten > 0) await write(fleet);
      return fleet;
    },
  };
}
