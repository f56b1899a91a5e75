import { type EventSource, type FleetWorkers, isStable } from '../aws/event-source.ts';
import { countMessages, type QueueDepths, type QueueReader } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { RESUME_TAG } from '../deploy/names.ts';
import { CancelledError, UserError } from '../errors.ts';
import { isEnabled } from '../fleet/status.ts';
import type { Lake } from '../lake/lake.ts';
import { readLatestLaunch } from './launch-store.ts';

/** The state of the event source after pausing or resuming. */
export interface SwitchReport {
  /** Whether the event source already was in the requested state. */
  readonly unchanged: boolean;
  readonly eventSource: EventSource;
  readonly queue?: QueueDepths;
  /** What failed although the event source is in the requested state. Absent if nothing failed. */
  readonly warnings?: readonly string[];
}

/** The result of pausing, with the time at which SQS drops the waiting messages. */
export interface PauseReport extends SwitchReport {
  /** ISO instant from which SQS drops the latest launch's messages. Absent if none of them are waiting. */
  readonly expiresFrom?: string;
  /** ISO instant by which SQS has dropped all waiting messages. Absent if none are waiting. */
  readonly expiresUntil?: string;
}

/** The dependencies of pausing and resuming. */
interface SwitchDeps {
  readonly workers: Pick<
    FleetWorkers,
    'functionName' | 'queueName' | 'readEventSource' | 'setEventSourceEnabled' | 'removeTag'
  >;
  readonly queue: QueueReader;
  readonly clock: Clock;
}

/** The options of pausing and resuming. */
interface SwitchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onChange?: (() => void) | undefined;
}

/** AWS takes up to about a minute to enable or disable an event source. */
const DEADLINE_MS = 120_000;
const POLL_MS = 2_000;

/**
 * Disables the event source: workers finish the partitions they have, and receive no more messages. It succeeds when the
 * event source is disabled, even if reading the lake or the queue fails.
 * @param options.onChange called before the event source changes; not if it already is in this state.
 * @throws {UserError} when the event source does not exist, or AWS denies access or fails.
 */
export async function pause(
  deps: SwitchDeps & { readonly lake: Lake },
  options: SwitchOptions = {},
): Promise<PauseReport> {
  const warnings: string[] = [];
  const report = await setEnabled(deps, false, options, warnings);
  const reading = readLatestLaunch(deps, { signal: options.signal });
  const stored = await orWarn(reading, 'The latest launch was not read', warnings);
  const expiry = expiryOf(report.queue, stored?.fleet.launchedAt, deps.clock.now());
  return { ...report, ...expiry, ...(warnings.length > 0 && { warnings }) };
}

/**
 * Enables the event source.
 * @param options.onChange called before the event source changes; not if it already is in this state.
 * @throws {UserError} when the event source does not exist, or AWS denies access or fails.
 */
export async function resume(deps: SwitchDeps, options: SwitchOptions = {}): Promise<SwitchReport> {
  const warnings: string[] = [];
  const report = await setEnabled(deps, true, options, warnings);
  return { ...report, ...(warnings.length > 0 && { warnings }) };
}

/** @param warnings receives what failed although the event source is in the requested state. */
async function setEnabled(
  { workers, queue, clock }: SwitchDeps,
  enabled: boolean,
  { signal, onChange }: SwitchOptions,
  warnings: string[],
): Promise<SwitchReport> {
  const wanted = enabled ? 'Enabled' : 'Disabled';
  const deadline = clock.monotonic() + DEADLINE_MS;
  const before = await readExisting();
  // The user decides from here on: the next deploy must not end the event-source pause of an interrupted one.
  await orWarn(
    workers.removeTag(RESUME_TAG),
    `A deploy that was interrupted may have left the tag "${RESUME_TAG}" on the function, with which the next deploy enables the event source`,
    warnings,
  );
  const unchanged = isEnabled(before) === enabled && isStable(before);
  if (!unchanged) onChange?.();
  let current = before;
  let isAccepted = false;
  try {
    while (current.state !== wanted && clock.monotonic() < deadline) {
      // AWS rejects a change to an event source while another change is in progress.
      if (isStable(current)) {
        current = await workers.setEventSourceEnabled(current.id, enabled);
        isAccepted = true;
      }
      if (current.state === wanted) break;
      await clock.sleep(POLL_MS, signal);
      current = await readExisting();
    }
  } catch (error) {
    throw isAccepted ? notFollowed(error, enabled) : error;
  }
  if (current.state !== wanted) {
    throw new UserError(
      `The event source is still "${current.state}" after two minutes: check it with "tdd status".`,
    );
  }
  const depths = await orWarn(queue.readDepths(), 'The messages were not counted', warnings);
  return { unchanged, eventSource: current, ...(depths !== undefined && { queue: depths }) };

  async function readExisting(): Promise<EventSource> {
    const eventSource = await workers.readEventSource();
    if (eventSource !== undefined) return eventSource;
    const { functionName, queueName } = workers;
    throw new UserError(
      `No event source connects the queue "${queueName}" to the function "${functionName}": check the names, or run "tdd deploy" first.`,
    );
  }
}

/** Waits for something that is not necessary for success. @returns `undefined` with a warning when it fails. */
async function orWarn<T>(
  reading: Promise<T>,
  consequence: string,
  warnings: string[],
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!(error instanceof CancelledError)) warnings.push(`${consequence}. ${error.message}`);
    return undefined;
  }
}

/** The error when the state cannot be read after AWS has accepted the change: it says what was done. */
function notFollowed(cause: unknown, enabled: boolean): unknown {
  if (!(cause instanceof UserError)) return cause;
  const doing = `AWS is ${enabled ? 'enabling' : 'disabling'} the event source`;
  return cause instanceof CancelledError
    ? new CancelledError(`Cancelled, but ${doing}: check it with "tdd status".`, { cause })
    : new UserError(`${doing}, but its state cannot be read. ${cause.message}`, { cause });
}

/** SQS's attributes do not include the age of the oldest message, so this derives bounds from the time of the launch. */
function expiryOf(
  queue: QueueDepths | undefined,
  launchedAt: string | undefined,
  nowMs: number,
): Pick<PauseReport, 'expiresFrom' | 'expiresUntil'> {
  if (queue === undefined || countMessages(queue) === 0) return {};
  const retentionMs = queue.retentionSeconds * 1_000;
  const fromMs = launchedAt === undefined ? Number.NaN : Date.parse(launchedAt) + retentionMs;
  return {
    ...(fromMs > nowMs && { expiresFrom: new Date(fromMs).toISOString() }),
    expiresUntil: new Date(nowMs + retentionMs).toISOString(),
  };
}
