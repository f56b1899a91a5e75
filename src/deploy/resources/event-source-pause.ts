import { WORKER_VARIABLES } from '../../worker-contract.ts';
import { touches } from '../change.ts';
import type { Desired, Differences } from '../differences.ts';
import type { Observation } from '../resources.ts';
import { CODE_PROPERTIES } from './function.ts';
import type { Environment } from './function-environment.ts';

/** What becomes of the event source while the function changes, and why. */
export interface Quiet {
  /** The event source is disabled before the function changes. */
  readonly disables: boolean;
  /** Before it is changed and enabled, the workers that run have ended: they keep the share that they began with. */
  readonly waitsForWorkers: boolean;
  /** It is enabled at the end. */
  readonly enables: boolean;
}

/**
 * Is the event source to be disabled while the function changes? Where nothing speaks for it, it goes on.
 *
 * - Between its new configuration and its new code the function may be broken.
 * - Running workers keep their share of the budget. Those that more workers would add come on top of them: when
 *   the share gets smaller, both together could exceed the budget. The same number of workers, or fewer, cannot.
 */
export function planQuiet(
  observed: Observation,
  differs: Differences,
  input: Pick<Desired['input'], 'workers' | 'environment'>,
): Quiet {
  const { eventSource, queue, function: found } = observed;
  const runs = eventSource?.enabled === true;
  const marked = found?.resumesEventSource === true;
  const resumes = marked && eventSource?.enabled === false;
  const adds = (eventSource?.maximumConcurrency ?? Number.POSITIVE_INFINITY) < input.workers;
  const isBusy = (queue?.messages ?? 0) > 0;
  const exceeds = runs && isBusy && adds && (marked || lowersShare(found?.environment, input));
  const breaks = runs && isBrokenMeanwhile(differs);
  return {
    disables: exceeds || breaks,
    waitsForWorkers: exceeds || (resumes && adds),
    enables: exceeds || breaks || resumes,
  };
}

/** Would the function be broken between its new configuration and its new code? */
function isBrokenMeanwhile({ function: changes }: Differences): boolean {
  if (!changes) return false;
  return touches(changes, 'Runtime', 'Handler') && touches(changes, ...CODE_PROPERTIES);
}

/** Will a worker get less of the budget than the running ones have? `true` where that is not known. */
function lowersShare(
  old: Environment | undefined,
  { workers, environment }: Pick<Desired['input'], 'workers' | 'environment'>,
): boolean {
  const before =
    Number(old?.get(WORKER_VARIABLES.requestsPerSecond)) / Number(old?.get(WORKER_VARIABLES.workers));
  const after = Number(environment[WORKER_VARIABLES.requestsPerSecond]) / workers;
  return !(before <= after);
}
