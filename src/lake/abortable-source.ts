import type { Readable } from 'node:stream';

/**
 * Makes `source` abortable and remembers its error.
 * @returns `chunks`, the chunks of `source`, which throw the reason of `signal` as soon as it is aborted; and `rethrow`,
 *   which throws the original error of `source`, or its argument if `source` has not failed.
 */
export function watchSource(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): { readonly chunks: AsyncIterable<Uint8Array>; rethrow(error: unknown): never } {
  let broken: { readonly reason: unknown } | undefined;
  async function* watched() {
    try {
      yield* readAbortably(source, signal);
    } catch (reason) {
      broken = { reason };
      throw reason;
    }
  }
  return {
    chunks: watched(),
    rethrow: (error) => {
      throw broken === undefined ? error : broken.reason;
    },
  };
}

/**
 * Yields the chunks of `source`. Throws the signal's reason as soon as it is aborted, even while no chunk arrives.
 */
async function* readAbortably(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  // `Promise.race` with one promise for the whole stream would keep every chunk in memory until that promise is settled.
  let rejectNext: ((reason: unknown) => void) | undefined;
  const onAbort = () => rejectNext?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let finished = false;
  try {
    while (true) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        rejectNext = reject;
        iterator.next().then(resolve, reject);
      });
      signal.throwIfAborted();
      if (next.done) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited, because `return` of a generator that is stuck before a `yield` never resolves.
    if (!finished) iterator.return?.().catch(() => {});
  }
}

/** Destroys `stream` with the signal's reason when the signal is aborted. */
export function destroyOnAbort<Stream extends Readable>(
  stream: Stream,
  signal: AbortSignal | undefined,
): Stream {
  if (signal === undefined) return stream;
  const onAbort = () => stream.destroy(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', onAbort));
  return stream;
}
