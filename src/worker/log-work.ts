import { partitionName } from '../partition.ts';
import type { Next } from './decide-next.ts';
import type { Log } from './json-log.ts';
import type { Work } from './work.ts';

/** Logs what was done for a message, and what becomes of it: one entry each, in the same form for all endings. */
export function logWork(
  log: Log,
  { message, ending, thisRun, counts }: Work,
  next: Next,
  times: { readonly receives: number; readonly seconds: number },
): void {
  const stack = 'stack' in ending ? ending.stack : undefined;
  const level = next.action === 'deadLetter' || stack ? 'ERROR' : 'reason' in next ? 'WARN' : 'INFO';
  const { run, snapshot, hop } = message;
  const partition = partitionName(message);
  log(level, 'partition', {
    partition,
    run,
    snapshot,
    hop,
    ...times,
    outcome: ending.kind,
    next,
    ...thisRun,
    counts,
    stack,
  });
}
