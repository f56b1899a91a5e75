import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BucketFiles } from './bucket-files.ts';
import type { StoredQueue } from './queue-store.ts';
import { emptyWorld, type World } from './world.ts';

/** Everything except buckets' objects, zips and logs, which have files of their own. */
export interface KeptState {
  readonly world: World;
  readonly queues: readonly StoredQueue[];
  readonly labels: ReturnType<BucketFiles['labels']>;
  /** Where it was reached in that run. */
  readonly endpoint: string;
}

/**
 * Takes up what an earlier run left in this directory.
 * @param endpoint where it is reached now: it takes the old one's place in queue URLs that functions were given.
 * @returns an empty state when nothing is saved.
 */
export function readState(directory: string, endpoint: string): KeptState {
  let text: string;
  try {
    text = readFileSync(fileIn(directory), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { world: emptyWorld(), queues: [], labels: {}, endpoint };
  }
  const { endpoint: before } = JSON.parse(text) as KeptState;
  const portThere = new RegExp(`${before.replaceAll('.', '\\.')}(?!\\d)`, 'g');
  return JSON.parse(text.replaceAll(portThere, endpoint));
}

/** Leaves the state for a later run, whole or not at all. */
export function writeState(directory: string, state: KeptState): void {
  const file = fileIn(directory);
  writeFileSync(`${file}.tmp`, JSON.stringify(state));
  renameSync(`${file}.tmp`, file);
}

function fileIn(directory: string): string {
  return join(directory, 'state.json');
}
