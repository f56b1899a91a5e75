import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';

/** An output stream; on a terminal it emits `resize`, as `tty.WriteStream` does. */
export interface OutStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The input stream that users type into. */
interface InStream extends Readable {
  readonly isTTY?: boolean;
}

/** The source of Ctrl-C, `kill`, `fg` and uncaught errors: Node's `process`, or an emitter in tests. */
interface SignalSource {
  on(event: SignalName, listener: (error?: unknown) => void): unknown;
  off(event: SignalName, listener: (error?: unknown) => void): unknown;
}

type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGCONT' | 'uncaughtException';

/** Everything outside the process that the command line uses, so that tests run it in-process. */
export interface Io {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** The file that Node runs, absolute, links not resolved; messages suggest to start it in the same way. */
  readonly program?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly stdin: InStream;
  /** Results. */
  readonly stdout: OutStream;
  /** Progress, questions, warnings, errors. */
  readonly stderr: OutStream;
  /** By default the system clock. */
  readonly clock?: Clock;
  readonly signals: SignalSource;
}

/** Whether a stream is a terminal that understands colors and cursor movements. */
export function canDraw({ isTTY }: OutStream, env: Io['env']): boolean {
  return isTTY === true && env.TERM !== 'dumb';
}
