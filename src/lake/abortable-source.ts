import type { Readable } from 'node:stream';

/**
 * The chunks of `source`, until `signal` is aborted. `rethrow` throws what ended them, if anything did, instead of
 * the error it is given: what a source throws is its caller's own error and goes back as it is.
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
 * The chunks of `source`; throws the signal's reason as soon as it is aborted, also while the source is silent.
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
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  // Nobody may be waiting when it is aborted: the next turn sees it.
  aborted.catch(() => {});
  let finished = false;
  try {
    while (true) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted]);
      signal.throwIfAborted();
      if (next.done) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not waited for: a generator that is silent for ever would also keep its `return` waiting for ever.
    if (!finished) iterator.return?.().catch(() => {});
  }
}

/** Makes an aborted signal destroy `stream` with the signal's reason, for whoever reads it. */
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
