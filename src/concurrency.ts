/**
 * Processes items with limited concurrency. After the first error it starts no further items and throws that error once
 * the items in progress have finished.
 * @param options.concurrency the maximum number of items in progress.
 * @param options.signal also stops the processing; its reason is thrown.
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failure: { readonly reason: unknown } | undefined;
  async function runWorker(): Promise<void> {
    while (failure === undefined) {
      try {
        signal?.throwIfAborted();
        const next = queue.next();
        if (next.done) return;
        await work(next.value);
      } catch (reason) {
        failure ??= { reason };
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, runWorker));
  if (failure !== undefined) throw (failure as { readonly reason: unknown }).reason;
}

/**
 * Processes items with limited concurrency and yields the results in the order of the items. Starts no further item while
 * `concurrency` results are in progress or wait. If an item fails, its error is thrown in place of its result.
 * @param weightOf how much of `concurrency` an item takes, if items differ in size.
 */
export async function* mapConcurrently<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
  weightOf: (item: Item) => number = () => 1,
): AsyncGenerator<Result, void, undefined> {
  const pending: { readonly result: Promise<Result>; readonly weight: number }[] = [];
  let total = 0;
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // It is awaited later, or never if the caller stops iterating.
    const weight = weightOf(item);
    pending.push({ result, weight });
    total += weight;
    while (total >= concurrency) {
      for (const oldest of pending.splice(0, 1)) {
        yield await oldest.result;
        total -= oldest.weight;
      }
    }
  }
  for (const { result } of pending) yield await result;
}
