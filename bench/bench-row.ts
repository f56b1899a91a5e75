/** One line of `npm run bench`: a figure beside its budget. */
export interface BenchRow {
  readonly name: string;
  readonly figure: number;
  /** The most that `figure` may be; `undefined` where it is only shown. */
  readonly budget: number | undefined;
  readonly unit: string;
  readonly ok: boolean;
}

/** A figure that may be at most its budget; without one it is only shown. */
export function atMost(name: string, figure: number, budget: number | undefined, unit: string): BenchRow {
  return { name, figure, budget, unit, ok: budget === undefined || figure <= budget };
}

/** The middle of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}
