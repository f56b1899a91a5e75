import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BucketFiles } from './bucket-files.ts';
import type { StoredQueue } from './queue-store.ts';
import { emptyWorld, type World } from './world.ts';

/** The saved state: everything except objects, zips and logs, which are separate files. */
export interface KeptState {
  readonly world: World;
  readonly queues: readonly StoredQueue[];
  readonly labels: ReturnType<BucketFiles['labels']>;
  /** The endpoint in that run. */
  readonly endpoint: string;
}

/**
 * Restores the state that an earlier run saved in this directory.
 * @param endpoint the current endpoint, which replaces the old one in the queue URLs of functions.
 * @returns an empty state when nothing was saved.
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

/** Saves the state for a later run, atomically. */
export function writeState(directory: string, state: KeptState): void {
  const file = fileIn(directory);
  writeFileSync(`${file}.tmp`, JSON.stringify(state));
  renameSync(`${file}.tmp`, file);
}

function fileIn(directory: string): string {
  return join(directory, 'state.json');
}
