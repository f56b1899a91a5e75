/** One line of `npm run bench`: a measurement and its budget. */
export interface BenchRow {
  readonly name: string;
  readonly figure: number;
  /** The upper limit of `figure`; `undefined` for information only. */
  readonly budget: number | undefined;
  readonly unit: string;
  readonly ok: boolean;
}

/** Creates a row for a measurement with an optional upper limit. */
export function atMost(name: string, figure: number, budget: number | undefined, unit: string): BenchRow {
  return { name, figure, budget, unit, ok: budget === undefined || figure <= budget };
}

/** The median of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}
