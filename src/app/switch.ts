import { type EventSource, type FleetWorkers, isStable } from '../aws/event-source.ts';
import { countMessages, type QueueDepths, type QueueReader } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { isEnabled } from '../fleet/status.ts';
import type { Lake } from '../lake/lake.ts';
import { readLatestLaunch } from './launch-store.ts';

/** The state of the event source after pausing or resuming. */
export interface SwitchReport {
  /** Whether the event source already was in the requested state. */
  readonly unchanged: boolean;
  readonly eventSource: EventSource;
  readonly queue?: QueueDepths;
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
    'functionName' | 'queueName' | 'readEventSource' | 'setEventSourceEnabled'
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
 * Disables the event source: workers finish the partitions they have, and receive no more messages.
 * @param options.onChange called before the event source changes; not if it already is in this state.
 * @throws {UserError} when the event source does not exist, or AWS denies access or fails.
 */
export async function pause(
  deps: SwitchDeps & { readonly lake: Lake },
  options: SwitchOptions = {},
): Promise<PauseReport> {
  const report = await setEnabled(deps, false, options);
  const stored = await readLatestLaunch(deps, { signal: options.signal });
  return { ...report, ...expiryOf(report.queue, stored?.fleet.launchedAt, deps.clock.now()) };
}

/**
 * Enables the event source.
 * @param options.onChange called before the event source changes; not if it already is in this state.
 * @throws {UserError} when the event source does not exist, or AWS denies access or fails.
 */
export async function resume(deps: SwitchDeps, options: SwitchOptions = {}): Promise<SwitchReport> {
  return setEnabled(deps, true, options);
}

async function setEnabled(
  { workers, queue, clock }: SwitchDeps,
  enabled: boolean,
  { signal, onChange }: SwitchOptions,
): Promise<SwitchReport> {
  const wanted = enabled ? 'Enabled' : 'Disabled';
  const deadline = clock.monotonic() + DEADLINE_MS;
  const before = await readExisting();
  const unchanged = isEnabled(before) === enabled && isStable(before);
  if (!unchanged) onChange?.();
  let current = before;
  while (current.state !== wanted && clock.monotonic() < deadline) {
    // AWS rejects a change to an event source while another change is in progress.
    if (isStable(current)) current = await workers.setEventSourceEnabled(current.id, enabled);
    if (current.state === wanted) break;
    await clock.sleep(POLL_MS, signal);
    current = await readExisting();
  }
  if (current.state !== wanted) {
    throw new UserError(
      `The event source is still "${current.state}" after two minutes: check it with "tdd status".`,
    );
  }
  const depths = await queue.readDepths();
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
