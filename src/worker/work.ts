import type { DownloadProgress } from '../download/download-partition.ts';
import type { Counts } from '../download/manifest.ts';
import type { PartitionMessage } from '../message.ts';

/** What has come of a partition in one invocation. */
export interface Work {
  /** The message with all that is fixed by now: what a copy of it must say. */
  readonly message: PartitionMessage;
  readonly ending: Ending;
  /** What this invocation did, if it came so far. */
  readonly thisRun?: Omit<DownloadProgress, 'total' | 'done'>;
  /** The whole partition now. */
  readonly counts?: Counts;
}

/** How the work on a partition has ended. `reason` is a sentence for people, without any secret. */
export type Ending =
  | { readonly kind: 'done' }
  /** Time was up, with titles left. `settled`: how many ids are settled now that were not before. */
  | { readonly kind: 'timeUp'; readonly settled: number }
  /** Time was up before it was begun. */
  | { readonly kind: 'notBegun' }
  /** It can go well another time. `stack`: of an error that nobody has foreseen. */
  | { readonly kind: 'failed'; readonly reason: string; readonly stack?: string | undefined }
  /** TMDB or IMDb is down: no fault of this message. */
  | { readonly kind: 'outage'; readonly reason: string }
  /** `isPaused`: the event source was disabled, so that no worker takes messages any more. */
  | { readonly kind: 'keyRefused'; readonly reason: string; readonly isPaused: boolean }
  /** It can never go well. */
  | { readonly kind: 'hopeless'; readonly reason: string };
