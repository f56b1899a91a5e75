import type { DownloadProgress } from '../download/download-report.ts';

/** Adds up the progress of partitions that are downloaded at the same time. */
export interface ProgressSum {
  /** Sets the progress of a partition. @returns the sum. */
  update(place: number, progress: DownloadProgress): DownloadProgress;
  /** Forgets a partition whose progress does not change any more; it stays in the sum. */
  close(place: number): void;
  readonly sum: DownloadProgress;
}

const NOTHING = {
  total: 0,
  done: 0,
  found: 0,
  notFound: 0,
  refused: 0,
  failed: 0,
  reviews: 0,
  requests: 0,
  throttled: 0,
};
const NAMES = Object.keys(NOTHING) as (keyof typeof NOTHING)[];

/** @param expected the expected number of titles by place, which counts until a partition reports its own. */
export function createProgressSum(expected: readonly number[]): ProgressSum {
  const sum = { ...NOTHING, total: expected.reduce((total, titles) => total + titles, 0) };
  const open = new Map<number, DownloadProgress>();
  return {
    sum,
    update(place, progress) {
      const before = open.get(place) ?? { ...NOTHING, total: expected[place] ?? 0 };
      for (const name of NAMES) sum[name] += progress[name] - before[name];
      open.set(place, progress);
      return { ...sum };
    },
    close: (place) => void open.delete(place),
  };
}
