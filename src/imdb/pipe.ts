/**
 * Passes one piece at a time from a writer to a reader, with backpressure: `push` waits until the reader has taken the
 * previous piece. With two pipes from one source, the slower reader sets the pace, and memory holds two pieces per pipe.
 * (Awaiting the `drain` events of two streams in turn hangs if the second stream drains before it is awaited.)
 */
export class Pipe implements AsyncIterable<Buffer> {
  #piece: Buffer | undefined;
  #ended = false;
  #error: unknown;
  #failed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Passes a piece once the reader has taken the previous one. Resolves at once after {@link fail} or if the reader stopped. */
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

  /** Ends the pipe after the pieces pushed so far. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Makes the reader throw `error` instead of reading the next piece, and the writer wait no longer. */
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
      this.fail(new Error('the reader has stopped'));
    }
  }
}
