import { type Clock, utcDay } from '../clock.ts';
import { snapshotKey } from '../lake/keys.ts';
import { findEntry, type Lake } from '../lake/lake.ts';
import { downloadSnapshot, type SnapshotDownloadOptions } from './download-snapshot.ts';
import { Pipe } from './pipe.ts';
import { CHUNK_BYTES, coalesce } from './read-gzip.ts';
import { SnapshotError, SnapshotGoneError } from './snapshot-error.ts';

/** What having a snapshot needs. */
export interface SnapshotDeps extends SnapshotDownloadOptions {
  readonly lake: Lake;
  readonly clock: Clock;
}

/** Where a snapshot's bytes come from. */
export interface SnapshotSource {
  readonly from: 'lake' | 'imdb';
  /** The size of the gzipped file, when it is known. */
  readonly sizeBytes: number | undefined;
}

/** Reads a snapshot's gzipped bytes to their end and throws when they are not a whole file of titles. */
type SnapshotReader<T> = (bytes: AsyncIterable<Buffer>, source: SnapshotSource) => Promise<T>;

/** Waits before the second and the third try. */
const RETRY_AFTER_MS = [2_000, 10_000];
const GZIP_TYPE = 'application/gzip';

/**
 * Gives the snapshot of a UTC day to `reader`: from the lake when it is there, else, for the day that it is now, from
 * IMDb, and into the lake in the same pass. The lake keeps it only after `reader` has found it sound.
 * @param reader is called again for each try of the download.
 * @throws {SnapshotGoneError} for a day that is neither in the lake nor today.
 * @throws {SnapshotError} when the file cannot be had or `reader` threw one: nothing is left in the lake then.
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
  for (let tries = 0; ; tries++) {
    // Asked before each try: after midnight IMDb's file may be the next day's.
    const today = utcDay(clock.now());
    if (day !== today) {
      throw new SnapshotGoneError(
        `IMDb's titles of ${day} are not in the lake ${lake.url}, and IMDb gives only today's file: use the snapshot ${today}, or a lake that has ${key}.`,
      );
    }
    try {
      return await readFromImdb(deps, key, reader);
    } catch (error) {
      const waitMs = RETRY_AFTER_MS[tries];
      if (!(error instanceof SnapshotError && error.isTransient) || waitMs === undefined) throw error;
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
    throw withSubject(
      error,
      `${lake.url}/${key}`,
      'delete it there, and the next run of its day fetches it anew',
    );
  } finally {
    // A reader that met damage does not read on, nor does it close what it reads.
    stream.destroy();
  }
}

/** One download: to the lake and to the reader at once, at the pace of the slower. */
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
  // A reader may have seen enough before the end, which is zeros then: the lake takes them all the same.
  read.then(() => toReader.fail(new Error('the reader has finished')), fail);
  async function* soundOnly(): AsyncGenerator<Buffer> {
    yield* toLake;
    await read;
  }
  const written = lake.writeStream(key, soundOnly(), GZIP_TYPE, { signal });
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
    throw withSubject(firstError.error, `at ${url}`, 'try again later, or look at IMDB_DATASETS_URL');
  }
  return await read;
}

/** Says of a reader's error which snapshot it is about. */
function withSubject(error: unknown, subject: string, advice: string): unknown {
  if (!(error instanceof SnapshotError) || error.subject !== undefined) return error;
  return new SnapshotError(error.reason, { subject, advice, isTransient: error.isTransient, cause: error });
}
