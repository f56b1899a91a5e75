/**
 * Processes items with limited concurrency. The first error stops the taking of new items; it is thrown once those in
 * work have ended.
 * @param options.signal stops it too, with the signal's reason.
 */
export async function workInLanes<Item>(
  items: Iterable<Item>,
  { lanes, signal }: { readonly lanes: number; readonly signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let broken: { readonly reason: unknown } | undefined;
  async function workOff(): Promise<void> {
    while (broken === undefined) {
      try {
        signal?.throwIfAborted();
        const next = queue.next();
        if (next.done) return;
        await work(next.value);
      } catch (reason) {
        broken ??= { reason };
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, workOff));
  if (broken !== undefined) throw (broken as { readonly reason: unknown }).reason;
}
