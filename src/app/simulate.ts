import { countMessages, EMPTY_AFTER_MS, type QueueReader } from '../aws/queue-interface.ts';
import { type Clock, utcDay } from '../clock.ts';
import { resolveSetting } from '../config/resolve-settings.ts';
import { type FailureGroup, groupFailures } from '../download/failures.ts';
import type { Counts, Manifest } from '../download/manifest.ts';
import { readManifest } from '../download/manifest-store.ts';
import { DamagedManifestError } from '../download/parse-manifest.ts';
import { type PartitionIndex, readPartitionIndex, requirePartition } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import { writeMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { type DeadLetterQueue, findDeadLetter, NO_REASON } from './dead-letters.ts';
import { readMatchingEnvironment } from './deployed-settings.ts';
import type { FleetConnection } from './fleet-connection.ts';

/** A partition that was sent to the workers on its own. */
export interface SentPartition {
  readonly messageId: string;
  readonly partition: Partition;
  /** The UTC day of the list of titles. */
  readonly snapshot: string;
  readonly run: string;
}

/**
 * Sends the message of a single partition.
 * @throws {UserError} when the queue or its dead-letter queue does not exist, or SQS denies access or fails.
 */
export async function simulate(
  {
    queue,
    deadLetters,
    clock,
    random,
  }: {
    readonly queue: Pick<FleetConnection['queue'], 'url' | 'send'>;
    readonly deadLetters: Pick<FleetConnection['deadLetters'], 'url'>;
    readonly clock: Clock;
    readonly random: () => number;
  },
  partition: Partition,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SentPartition> {
  await queue.url();
  await deadLetters.url();
  const now = clock.now();
  const message = { ...partition, snapshot: utcDay(now), run: createRunId(now, random) };
  signal?.throwIfAborted();
  const messageId = await queue.send(writeMessage({ ...message, hop: 0 }));
  const { snapshot, run } = message;
  return { messageId, partition, snapshot, run };
}

/**
 * Checks that a run can be followed: the workers write to this lake, and the partition has titles in today's list. If the
 * lake has no index of that list yet, a worker builds it, and titles are not checked.
 * @throws {UsageError} when the workers write to another bucket, {@link UserError} when the partition has no titles or
 *   AWS denies access or fails.
 */
export async function checkPartition(
  connection: Pick<FleetConnection, 'lake' | 'clock' | 'settings' | 'workers'>,
  partition: Partition,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const environment = await readMatchingEnvironment(connection);
  const index = await readTodaysIndex(connection, environment, signal);
  if (index !== undefined) requirePartition(index, partition);
}

/**
 * Checks that the partition has titles in today's list, if the index of that list can be read. Sending a message needs no
 * permission for the lake and the function, so no other error is reported.
 * @throws {UserError} when the partition has no titles.
 */
export async function checkTitlesIfReadable(
  open: () => Promise<Pick<FleetConnection, 'lake' | 'clock' | 'settings' | 'workers'>>,
  partition: Partition,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const index = await readIndex().catch(() => undefined);
  signal?.throwIfAborted();
  if (index !== undefined) requirePartition(index, partition);

  async function readIndex(): Promise<PartitionIndex | undefined> {
    const connection = await open();
    return readTodaysIndex(connection, await connection.workers.readEnvironment(), signal);
  }
}

/** Reads the index of today's list with the workers' title types. @returns `undefined` if the lake has none yet. */
function readTodaysIndex(
  { lake, clock, settings }: Pick<FleetConnection, 'lake' | 'clock' | 'settings'>,
  environment: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal | undefined,
): Promise<PartitionIndex | undefined> {
  const theirs = environment && resolveSetting('titleTypes', { env: environment });
  const name = { day: utcDay(clock.now()), titleTypes: theirs ?? settings.titleTypes };
  return readPartitionIndex({ lake, signal }, name);
}

/** The outcome of a run of one partition. */
export interface RunEnd {
  readonly complete: boolean;
  /** Counts of the whole partition; absent when it has no manifest yet. */
  readonly counts?: Counts;
  /** The partition's failed titles, by reason; absent when there are none. */
  readonly failures?: readonly FailureGroup[];
  /** Why the run ended before the partition was complete, as a sentence. */
  readonly reason?: string;
}

/** Called with the run's manifest after each poll; `undefined` until a worker has started. */
type OnRunProgress = (manifest: Manifest | undefined) => void;

const POLL_MS = 2_000;
/** Only every fifth poll searches the dead-letter queue, because that takes several calls. */
const POLLS_PER_SEARCH = 5;

/**
 * Follows a run until its partition is complete and its worker has written the parts, or its message is in the dead-letter
 * queue or gone. In all other cases (failed titles, an outage, a deadline) a worker retries, so this keeps polling.
 * @throws any error of the lake and the queue; the signal's reason when it is aborted.
 */
export async function followRun(
  {
    queue,
    deadLetters,
    lake,
    clock,
  }: {
    readonly queue: QueueReader;
    readonly deadLetters: DeadLetterQueue;
    readonly lake: Lake;
    readonly clock: Clock;
  },
  { partition, run }: { readonly partition: Partition; readonly run: string },
  { onProgress, signal }: { readonly onProgress?: OnRunProgress; readonly signal?: AbortSignal } = {},
): Promise<RunEnd> {
  let idleSinceMs: number | undefined;
  for (let turn = 1; ; turn += 1) {
    await clock.sleep(POLL_MS, signal);
    const manifest = await readCurrent();
    const ours = manifest?.lastRun.run === run ? manifest : undefined;
    onProgress?.(ours);
    const end = ours && endOf(ours);
    if (end) return end;
    if (turn % POLLS_PER_SEARCH !== 1) continue;

    const counts = manifest && countsOf(manifest);
    const letter = await findDeadLetter(deadLetters, run);
    if (letter) {
      const reason = letter.reason ?? NO_REASON;
      return { complete: false, ...counts, reason };
    }
    if (countMessages(await queue.readDepths()) > 0) idleSinceMs = undefined;
    else idleSinceMs ??= clock.monotonic();
    if (idleSinceMs === undefined || clock.monotonic() - idleSinceMs < EMPTY_AFTER_MS) continue;
    // A concurrent run may have written the manifest last.
    if (manifest?.complete) return { complete: true, counts: manifest.counts };
    return {
      complete: false,
      ...counts,
      reason: 'The queue is empty, and no worker has reported on this run.',
    };
  }

  async function readCurrent(): Promise<Manifest | undefined> {
    try {
      return (await readManifest({ lake }, partition, { signal })).manifest;
    } catch (error) {
      if (error instanceof DamagedManifestError) return undefined; // The worker replaces it.
      throw error;
    }
  }
}

function countsOf({ counts, titles }: Manifest): Pick<RunEnd, 'counts' | 'failures'> {
  const failures = groupFailures(Object.entries(titles));
  return { counts, ...(failures.length > 0 && { failures }) };
}

function endOf(manifest: Manifest): RunEnd | undefined {
  const { complete, counts, lastRun, parts } = manifest;
  // The worker has found titles of another run in the manifest, and is about to write the parts with them.
  if (parts?.outdated !== undefined && complete) return undefined;
  switch (lastRun.outcome) {
    case 'complete':
      return { complete: true, counts };
    case 'partial':
      if (complete) return { complete, counts };
      return {
        complete,
        ...countsOf(manifest),
        reason: 'Another run changed this partition, and some of its titles are not done.',
      };
    case 'keyRefused':
      return {
        complete: false,
        ...countsOf(manifest),
        reason:
          'TMDB rejected the API key, so the worker paused the fleet. Run "tdd development" to set a valid key, then "tdd deploy" and "tdd resume"; the message stays on the queue.',
      };
    default:
      return undefined;
  }
}
