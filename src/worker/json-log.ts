import type { Clock } from '../clock.ts';

type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** Writes one entry. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Logs one JSON object a line, as Lambda's JSON log format takes it over: with `timestamp` and `level` at the top
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html).
 * @param options.secret is left out of every line, whoever put it there.
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
  // As it would stand within a JSON string.
  const written = secret && JSON.stringify(secret).slice(1, -1);
  return (level, message, fields = {}) => {
    const timestamp = new Date(clock.now()).toISOString();
    const line = JSON.stringify({ timestamp, level, message, ...fields });
    write(`${written ? line.replaceAll(written, '[secret]') : line}\n`);
  };
}
