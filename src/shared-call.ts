/** A call whose result several callers wait for. */
export interface SharedCall<Result> {
  /** Whether the call is in progress. */
  readonly isRunning: boolean;
  /**
   * Waits for the call in progress, or else starts it. It is aborted when all its callers have left.
   * @throws what the call throws; the signal's reason as soon as the signal is aborted.
   */
  join(start: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** Creates a call that no caller can abort while others still wait for it. */
export function createSharedCall<Result>(): SharedCall<Result> {
  interface Call {
    readonly result: Promise<Result>;
    readonly abort: AbortController;
    callers: number;
  }
  let running: Call | undefined;

  function begin(start: (signal: AbortSignal) => Promise<Result>): Call {
    const abort = new AbortController();
    const call: Call = { abort, callers: 0, result: start(abort.signal).finally(() => forget(call)) };
    call.result.catch(() => {}); // All callers may leave.
    return call;
  }

  function forget(call: Call): void {
    if (running === call) running = undefined;
  }

  return {
    get isRunning() {
      return running !== undefined;
    },
    async join(start, signal) {
      signal?.throwIfAborted();
      running ??= begin(start);
      const call = running;
      call.callers += 1;
      if (signal === undefined) return call.result;
      const ended = new AbortController();
      const leaving = new Promise<never>((_, reject) => {
        const leave = () => {
          call.callers -= 1;
          if (call.callers === 0) {
            forget(call);
            call.abort.abort(signal.reason);
          }
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true, signal: ended.signal });
      });
      return Promise.race([call.result, leaving]).finally(() => ended.abort());
    },
  };
}
