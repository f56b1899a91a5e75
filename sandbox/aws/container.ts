import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ContainerOptions {
  /** The unpacked zip. */
  readonly folder: string;
  /** The complete environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly functionArn: string;
  /** Receives the log lines of the function and the platform, as JSON, as in CloudWatch Logs. */
  readonly onLog: (line: string) => void;
}

/** The outcome of an invocation. */
export type Outcome =
  | { readonly isOk: true; readonly result: unknown }
  | { readonly isOk: false; readonly errorType: string; readonly errorMessage: string };

/** A process of a function. It handles one event at a time and stays warm between events. */
export interface Container {
  /** Whether it can no longer handle events. */
  readonly isDead: boolean;
  invoke(event: unknown): Promise<Outcome>;
  /** Kills the process. */
  stop(): Promise<void>;
}

/** Lambda's limit for the initialization: 10 s. */
const INIT_TIMEOUT_MS = 10_000;

const MAIN = fileURLToPath(new URL('./container-main.mjs', import.meta.url));

type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly requestId: string; readonly result: unknown }
  | { readonly type: 'error' | 'initError'; readonly error: { errorType: string; errorMessage: string } };

/** Starts a function's process. {@link Container.invoke} reports its failures. */
export function startContainer(options: ContainerOptions): Container {
  const { timeoutMs, memoryMb, folder } = options;
  const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, MAIN], {
    cwd: folder,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let requestId = '';
  let isBroken = false;
  let settle: ((outcome: Outcome) => void) | undefined;
  const fail = (errorType: string, errorMessage: string) =>
    settle?.({ isOk: false, errorType, errorMessage });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: FromChild) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'result') settle?.({ isOk: true, result: message.result });
      else {
        if (message.type === 'initError') isBroken = true;
        fail(message.error.errorType, message.error.errorMessage);
      }
    });
  });
  child.once('error', (error) => fail('Runtime.ExitError', error.message));
  child.once('close', (code, signal) =>
    fail(
      'Runtime.ExitError',
      `Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`,
    ),
  );
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) readLines(stream, (line) => options.onLog(wrapLine(line, requestId)));
  }

  async function invoke(event: unknown): Promise<Outcome> {
    requestId = randomUUID();
    const startedAt = Date.now();
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      settle = resolve;
      if (isOver(child)) fail('Runtime.ExitError', 'Runtime exited before it was invoked');
      timer = setTimeout(
        () => fail('Sandbox.Timedout', 'Init timed out'),
        Math.max(INIT_TIMEOUT_MS, timeoutMs),
      );
      void ready.then(() => {
        if (isOver(child)) return;
        clearTimeout(timer);
        const seconds = (timeoutMs / 1000).toFixed(2);
        timer = setTimeout(
          () => fail('Sandbox.Timedout', `Task timed out after ${seconds} seconds`),
          timeoutMs,
        );
        const deadlineMs = Date.now() + timeoutMs;
        child.send({ requestId, event, deadlineMs, functionArn: options.functionArn }, () => {});
      });
    });
    clearTimeout(timer);
    settle = undefined;
    options.onLog(formatReport(requestId, outcome, Date.now() - startedAt, memoryMb));
    if (isBroken) await stop();
    return outcome;
  }

  async function stop(): Promise<void> {
    if (isOver(child)) return;
    child.kill('SIGKILL');
    await exited;
  }

  return {
    get isDead() {
      return isBroken || isOver(child);
    },
    invoke,
    stop,
  };
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}

/** Keeps lines that are JSON objects and wraps all others, as Lambda's JSON log format does. */
function wrapLine(line: string, requestId: string): string {
  try {
    if (typeof JSON.parse(line) === 'object') return line;
  } catch {
    // Not JSON: wrapped below.
  }
  return JSON.stringify({ timestamp: new Date().toISOString(), level: 'INFO', requestId, message: line });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report */
function formatReport(requestId: string, outcome: Outcome, durationMs: number, memorySizeMB: number): string {
  const failure = outcome.isOk ? {} : { errorType: outcome.errorType, errorMessage: outcome.errorMessage };
  const isTimeout = !outcome.isOk && outcome.errorType === 'Sandbox.Timedout';
  return JSON.stringify({
    time: new Date().toISOString(),
    type: 'platform.report',
    record: {
      requestId,
      metrics: { durationMs, memorySizeMB },
      status: outcome.isOk ? 'success' : isTimeout ? 'timeout' : 'failure',
      ...failure,
    },
  });
}
