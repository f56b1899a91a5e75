import { mapConcurrently } from '../../concurrency.ts';
import type { Lake } from '../../lake/lake.ts';
import type { ExportFormat } from '../../tables/formats.ts';
import type { ExportRecord } from './export-record.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { PlannedYear } from './plan-export.ts';
import { fingerprintOf } from './survey.ts';
import { createYearWriter, type ExportedPartition, type YearWriter } from './write-year.ts';

/** Partitions are read ahead of the one that is being written, up to this size. */
const READ_AHEAD_BYTES = 8 * 1024 * 1024;
/** Partitions count as at least this large, so that at most 32 are read ahead. */
const PARTITION_BYTES = READ_AHEAD_BYTES / 32;

/** What the record needs of a partition that has been written. */
type WrittenPartition = Pick<ExportedPartition, 'partition' | 'version' | 'unreadable' | 'isIncomplete'>;

/**
 * Writes years and records each. While the files of a year are being completed, it reads and encodes the next one.
 * @param deps.failing is aborted with the first error, and ends everything in progress.
 * @param options.signal aborted by `failing` or by the caller.
 * @param options.onProgress called after each partition and each year.
 * @returns the years.
 * @throws the first error of the lake or the destination, and the signal's reason.
 */
export async function writeYears(
  {
    target,
    reader,
    record,
    failing,
  }: {
    readonly target: Lake;
    readonly reader: PartitionReader;
    readonly record: ExportRecord;
    readonly failing: AbortController;
  },
  { years, format }: { readonly years: readonly PlannedYear[]; readonly format: ExportFormat },
  {
    signal,
    onProgress,
  }: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: { year: number; yearsDone: number; moviesDone: number }) => void;
  },
): Promise<readonly number[]> {
  const done: number[] = [];
  let [year, moviesDone] = [0, 0];
  const reportProgress = () => onProgress({ year, yearsDone: done.length, moviesDone });
  const contents = mapConcurrently(
    years.flatMap(({ partitions }) => partitions),
    READ_AHEAD_BYTES,
    ({ partition }) => reader.read(partition),
    ({ sizeBytes }) => Math.max(sizeBytes, PARTITION_BYTES),
  );
  let writer: YearWriter | undefined;
  let saved: Promise<void> | undefined;
  try {
    for (const planned of years) {
      year = planned.year;
      reportProgress();
      writer = createYearWriter({ target }, { year, format }, { signal });
      const partitions = await writePartitions(planned, writer);
      await saved;
      saved = saveYear(year, partitions, writer.written);
      saved.catch((error: unknown) => failing.abort(error));
    }
    await saved;
  } catch (error) {
    failing.abort(error);
    await Promise.allSettled([saved, writer?.written]);
    throw error;
  }
  return done;

  async function writePartitions(
    { partitions }: PlannedYear,
    writer: YearWriter,
  ): Promise<readonly WrittenPartition[]> {
    const written: WrittenPartition[] = [];
    while (written.length < partitions.length) {
      const next = await contents.next();
      if (next.done) break;
      const { partition, version, unreadable, isIncomplete = false, movies } = next.value;
      await writer.write(next.value);
      written.push({ partition, version, unreadable, isIncomplete });
      moviesDone += movies.length;
      reportProgress();
    }
    writer.end();
    return written;
  }

  async function saveYear(
    year: number,
    partitions: readonly WrittenPartition[],
    written: YearWriter['written'],
  ): Promise<void> {
    const tables = await written;
    const unreadable = partitions.flatMap((each) => each.unreadable);
    const incomplete = partitions.filter((each) => each.isIncomplete).map((each) => each.partition.initial);
    await record.save(year, {
      fingerprint: fingerprintOf(format, partitions),
      tables,
      ...(unreadable.length > 0 && { unreadable }),
      ...(incomplete.length > 0 && { incomplete }),
    });
    done.push(year);
    reportProgress();
  }
}
