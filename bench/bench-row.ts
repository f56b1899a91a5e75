/** One line of `npm run bench`: a figure beside its budget. */
export interface BenchRow {
  readonly name: string;
  readonly figure: number;
  readonly budget: number;
  readonly unit: string;
  readonly ok: boolean;
}

/** A figure that may be at most its budget. */
export function atMost(name: string, figure: number, budget: number, unit: string): BenchRow {
  return { name, figure, budget, unit, ok: figure <= budget };
}

/** The middle of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}
