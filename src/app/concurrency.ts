/**
 * Processes items with limited concurrency. After the first error no further item is started; the error is thrown once
 * the items in progress have ended.
 * @param options.concurrency how many items are processed at the same time, at most.
 * @param options.signal stops it too, with the signal's reason.
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
