import type { Readable } from 'node:stream';

/**
 * The chunks of `source`, until `signal` is aborted. `rethrow` throws the source's own error, if it had one, instead of
 * the error it is given: it is the caller's, who gets it back unchanged.
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
  // It may be aborted while nothing awaits it: the next iteration checks the signal.
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
    // Not awaited: the `return` of a generator that never yields would never resolve either.
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
