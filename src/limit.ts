/** Limits how much work goes on at the same time. */
export interface Limit {
  /**
   * Does work when there is space for it; callers are served in order.
   * @param weight how much of the limit the work takes; work of weight 0 never waits, and heavier work
   *   than the limit waits until it is alone.
   */
  run<Result>(work: () => Promise<Result>, weight?: number): Promise<Result>;
}

/** @param limit the total weight of the work that goes on at the same time. */
export function createLimit(limit: number): Limit {
  const waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  let free = limit;

  function beginNext(): void {
    for (let next = waiting[0]; next !== undefined && next.weight <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.weight;
      next.begin();
    }
  }

  return {
    async run(work, weight = 1) {
      if (weight === 0) return work();
      const taken = Math.min(weight, limit);
      await new Promise<void>((begin) => {
        waiting.push({ weight: taken, begin });
        beginNext();
      });
      try {
        return await work();
      } finally {
        free += taken;
        beginNext();
      }
    },
  };
}
