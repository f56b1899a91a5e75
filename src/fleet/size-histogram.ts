/** How many partitions have a number of movies in a range. */
export interface SizeBar {
  /** The least and the most movies of these partitions. */
  readonly from: number;
  /** Absent: there is no upper bound. */
  readonly to?: number;
  readonly partitions: number;
  readonly movies: number;
}

/** The most movies of each bar but the last: sizes spread over four powers of ten. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/** Sorts partitions by size into bars, from the smallest that has any to the largest. */
export function sizeHistogram(partitions: readonly { readonly titles: number }[]): SizeBar[] {
  const bars = [...BOUNDS, undefined].map((to, place) => ({
    from: (BOUNDS[place - 1] ?? 0) + 1,
    ...(to !== undefined && { to }),
    partitions: 0,
    movies: 0,
  }));
  for (const { titles } of partitions) {
    const bar = bars.find(({ to }) => to === undefined || titles <= to);
    if (bar === undefined) continue;
    bar.partitions += 1;
    bar.movies += titles;
  }
  const first = bars.findIndex((bar) => bar.partitions > 0);
  const last = bars.findLastIndex((bar) => bar.partitions > 0);
  return first < 0 ? [] : bars.slice(first, last + 1);
}
