import type { Clock } from '../clock.ts';
import { partitionName } from '../partition.ts';
import type { Next, Work } from './decide-next.ts';

type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** Writes one log entry. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Creates a log that writes one JSON object per line in Lambda's JSON log format, with `timestamp` and `level` at the
 * top level (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html).
 * @param options.secret is redacted in every line.
 */
export function createJsonLog({
  write,
  clock,
  secret,
}: {
  readonly write: (line: string) => void;
  readonly clock: Clock;
  readonly secret?: string | undefined;
}): Log {
  // The secret as it appears within a JSON string.
  const written = secret && JSON.stringify(secret).slice(1, -1);
  return (level, message, fields = {}) => {
    const timestamp = new Date(clock.now()).toISOString();
    const line = JSON.stringify({ timestamp, level, message, ...fields });
    write(`${written ? line.replaceAll(written, '[secret]') : line}\n`);
  };
}

/** Creates a function that logs the unexpected error of a title, with its stack. */
export function logTitleError(log: Log, message: Work['message']): (imdbId: string, error: unknown) => void {
  return (imdbId, error) =>
    log('ERROR', 'A title failed with an unexpected error.', {
      partition: partitionName(message),
      run: message.run,
      imdbId,
      reason: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
}

/** Logs the work on a message and what happens to the message, as one entry with the same fields for all outcomes. */
export function logWork(
  log: Log,
  { message, outcome, thisRun, counts, parts, setAside }: Work,
  next: Next,
  times: { readonly receives: number; readonly seconds: number },
): void {
  const stack = 'stack' in outcome ? outcome.stack : undefined;
  const level = next.action === 'deadLetter' || stack ? 'ERROR' : 'reason' in next ? 'WARN' : 'INFO';
  const { run, snapshot, hop } = message;
  const partition = partitionName(message);
  log(level, 'partition', {
    partition,
    run,
    snapshot,
    hop,
    ...times,
    outcome: outcome.kind,
    next,
    ...thisRun,
    counts,
    parts,
    setAside,
    stack,
  });
}
