/**
 * Passes one piece at a time from a writer to a reader, with backpressure: `push` waits until the reader has taken the
 * previous piece, so that of two readers of one source the slower sets the pace, and memory holds two pieces for each.
 * (Awaiting the `drain` of two streams in turn hangs when the second has drained before it is awaited.)
 */
export class Pipe implements AsyncIterable<Buffer> {
  #piece: Buffer | undefined;
  #ended = false;
  #error: unknown;
  #failed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Resolves when the next piece can be pushed. After {@link fail} or the reader's end, at once. */
  async push(piece: Buffer): Promise<void> {
    while (this.#piece !== undefined && !this.#failed) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
    if (this.#failed) return;
    this.#piece = piece;
    this.#wakeReader?.();
  }

  /** No more pieces. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** The reader gets `error` instead of the next piece; the writer no longer waits. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        if (this.#failed) throw this.#error;
        const piece = this.#piece;
        if (piece !== undefined) {
          this.#piece = undefined;
          this.#wakeWriter?.();
          yield piece;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
      }
    } finally {
      this.fail(new Error('the reader has gone'));
    }
  }
}
