import type { PartitionMessage } from './partition-message.ts';

/** A message's body, as {@link parseMessage} reads it again. */
export function writeMessage({ year, initial, snapshot, run, hop, redoBefore }: PartitionMessage): string {
  return JSON.stringify({ year, initial, snapshot, run, hop, redoBefore });
}
