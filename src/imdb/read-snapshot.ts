import { type Clock, utcDay } from '../clock.ts';
import { GZIP_TYPE, snapshotKey } from '../lake/keys.ts';
import { findEntry, type Lake } from '../lake/lake.ts';
import { downloadSnapshot, type SnapshotDownloadOptions } from './download-snapshot.ts';
import { Pipe } from './pipe.ts';
import { CHUNK_BYTES, coalesce } from './read-gzip.ts';
import { SnapshotError, SnapshotGoneError } from './snapshot-error.ts';

/** The dependencies for reading a snapshot. */
export interface SnapshotDeps extends SnapshotDownloadOptions {
  readonly lake: Lake;
  readonly clock: Clock;
}

/** The source of a snapshot's bytes. */
export interface SnapshotSource {
  readonly from: 'lake' | 'imdb';
  /** The size of the gzipped file, if it is known. */
  readonly sizeBytes: number | undefined;
}

/** Reads the gzipped bytes of a snapshot to the end, and throws if they are not a complete, valid list of titles. */
type SnapshotReader<T> = (bytes: AsyncIterable<Buffer>, source: SnapshotSource) => Promise<T>;

/** The waits after the first, second … failure of each kind. */
const RETRY_AFTER_MS = { transient: [2_000, 10_000], malformed: [2_000], shrunken: [] } as const;

/**
 * Passes the snapshot of a UTC day to `reader`. If the lake does not have it and the day is today, downloads it from IMDb
 * and writes it to the lake in the same pass; the write completes only after `reader` has accepted the file. A download that
 * fails, or that `reader` rejects, is retried from the first byte.
 * @param reader called for each attempt.
 * @returns the result of `reader`.
 * @throws {SnapshotGoneError} for another day whose snapshot is not in the lake.
 * @throws {SnapshotError} when the download fails or `reader` rejects the file; a download is not kept in the lake then.
 */
export async function readSnapshot<T>(
  deps: SnapshotDeps,
  day: string,
  reader: SnapshotReader<T>,
): Promise<T> {
  const { lake, clock, signal } = deps;
  const key = snapshotKey(day);
  const stored = await readFromLake(deps, key, reader);
  if (stored !== undefined) return stored.result;
  const failures = { transient: 0, malformed: 0, shrunken: 0 };
  for (;;) {
    // Checked before each attempt, because after midnight (UTC) IMDb's list may be that of the next day.
    const today = utcDay(clock.now());
    if (day !== today) {
      throw new SnapshotGoneError(
        `IMDb's list of ${day} is not in the lake ${lake.url}, and IMDb publishes only today's list: use the list of ${today}, or a lake that contains ${key}.`,
      );
    }
    try {
      return await readFromImdb(deps, key, reader);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      const waitMs = RETRY_AFTER_MS[error.fault][failures[error.fault]++];
      if (waitMs === undefined) throw error;
      deps.trace?.decision(`IMDb's list ${error.reason}; next attempt in ${waitMs / 1_000} s`);
      deps.onWait?.({
        reason: `IMDb's list ${error.reason}`,
        next: 'retrying',
        untilMs: clock.now() + waitMs,
      });
      await clock.sleep(waitMs, signal);
    }
  }
}

async function readFromLake<T>(
  { lake, signal }: SnapshotDeps,
  key: string,
  reader: SnapshotReader<T>,
): Promise<{ readonly result: T } | undefined> {
  const entry = await findEntry(lake, key, { signal });
  const stream = entry && (await lake.readStream(key, { signal }));
  if (stream === undefined) return undefined;
  try {
    return { result: await reader(stream, { from: 'lake', sizeBytes: entry?.sizeBytes }) };
  } catch (error) {
    throw withSubject(error, {
      subject: `The copy of IMDb's list ${lake.url}/${key}`,
      advice: 'delete it to download it again, which is possible only on the same UTC day',
      isStored: true,
    });
  } finally {
    // A reader that throws neither reads nor closes the rest of the stream.
    stream.destroy();
  }
}

/** Downloads the snapshot once, to the lake and to the reader at the same time, with backpressure from the slower one. */
async function readFromImdb<T>(deps: SnapshotDeps, key: string, reader: SnapshotReader<T>): Promise<T> {
  const { lake, signal } = deps;
  const { url, sizeBytes, bytes } = await downloadSnapshot(deps);
  const toLake = new Pipe();
  const toReader = new Pipe();
  let firstError: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    firstError ??= { error };
    toLake.fail(error);
    toReader.fail(error);
  };
  const read = reader(toReader, { from: 'imdb', sizeBytes });
  // A reader may finish before the end if only zero bytes follow. The lake still gets those.
  read.then(() => toReader.fail(new Error('the reader has finished')), fail);
  async function* validatedBytes(): AsyncGenerator<Buffer> {
    yield* toLake;
    await read;
  }
  const written = lake.writeStream(key, validatedBytes(), GZIP_TYPE, { signal });
  written.catch(fail);
  try {
    for await (const chunk of coalesce(bytes, CHUNK_BYTES)) {
      await Promise.all([toLake.push(chunk), toReader.push(chunk)]);
      if (firstError !== undefined) break;
    }
    toLake.end();
    toReader.end();
  } catch (error) {
    fail(error);
  }
  await Promise.allSettled([read, written]);
  if (firstError !== undefined) {
    throw withSubject(firstError.error, {
      subject: `IMDb's list at ${url}`,
      advice: 'try again later, or check IMDB_DATASETS_URL',
    });
  }
  return await read;
}

/**
 * Adds to a reader's error what only the caller knows.
 * @param known.isStored the list is in the lake: reading it again does not help.
 */
function withSubject(
  error: unknown,
  known: { readonly subject: string; readonly advice: string; readonly isStored?: boolean },
): unknown {
  if (!(error instanceof SnapshotError) || error.subject !== undefined) return error;
  return new SnapshotError(error.reason, {
    subject: known.subject,
    advice: error.advice ?? known.advice,
    fault: known.isStored && error.fault === 'transient' ? 'malformed' : error.fault,
    cause: error,
  });
}
