import { countMessages } from '../aws/queue-interface.ts';
import { estimateFleet, type FleetEstimate } from '../fleet/estimate.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import { partitionsToSend } from '../fleet/launch-record.ts';
import type { FleetPlan, PlannedPartition } from '../fleet/plan.ts';
import { isEnabled } from '../fleet/status.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { checkSource, lakeSource } from '../lake/source.ts';
import { formatNumberOf } from '../text.ts';
import type { OnWait } from '../wait.ts';
import {
  type ChoiceDeps,
  choosePartitions,
  type LakeNote,
  measureWork,
  noteLakeState,
} from './choose-partitions.ts';
import { differingSettings, readMatchingEnvironment } from './deployed-settings.ts';
import type { FleetConnection } from './fleet-connection.ts';
import { findUnfinishedLaunch, type StoredLaunch } from './launch-store.ts';
import { type ReadProgress, readManifestSummaries } from './manifest-summaries.ts';
import { type LaunchReport, type SendProgress, sendLaunch } from './send-launch.ts';

/** The plan and forecast of a launch. */
export interface LaunchPreview {
  readonly plan: FleetPlan;
  /** An interrupted launch of the same filters and settings: {@link launch} sends the rest of it instead of `plan`. */
  readonly resume?: StoredLaunch;
  /** The partitions to send, in this order. */
  readonly partitions: readonly PlannedPartition[];
  /** How many of them are complete and only lack their parts, which workers write, usually without requests to TMDB. */
  readonly partsOnly: number;
  /** Requests to TMDB, duration and cost. */
  readonly estimate: FleetEstimate;
  /** Notes to read before launching. */
  readonly notes: readonly LaunchNote[];
  readonly queueExists: boolean;
}

/** A note to read before launching. */
export interface LaunchNote {
  /**
   * `otherSettings`: the workers were deployed with other settings than these; `resumes`: see
   * {@link LaunchPreview.resume}; those of {@link LakeNote}; `queueNotEmpty`; `paused`: the event source is disabled.
   */
  readonly about: 'otherSettings' | 'resumes' | LakeNote['about'] | 'queueNotEmpty' | 'paused';
  /** One sentence. */
  readonly text: string;
}

/** The parts of a fleet that a plan reads. */
type FleetToPlan = Pick<FleetConnection, 'lake' | 'queue' | 'cache' | 'clock' | 'settings'> & {
  readonly workers: Pick<FleetConnection['workers'], 'readEventSource' | 'readEnvironment'>;
};

/** A fleet, or only a lake. */
type PlanDeps = FleetToPlan | (ChoiceDeps & { readonly queue?: undefined; readonly workers?: undefined });

/**
 * Plans a launch and forecasts it from earlier downloads into the lake. It sends nothing.
 * @param connection with a lake only, it needs no AWS: the forecast is that of a fleet with the workers in the settings,
 *   there is no launch to resume, and the notes are those about the lake.
 * @param filters as `tdd launch` has them; by default the years from 2000 to this one.
 * @param options.resume `false` to ignore an interrupted launch.
 * @throws {UsageError} for filters that contradict each other, when the workers write to another bucket, or when the
 *   settings or the workers have another source than the lake;
 *   {@link UserError} when AWS denies access or fails; and any error of the lake.
 */
export async function planLaunch(
  connection: PlanDeps,
  index: PartitionIndex,
  filters: Partial<FleetFilters> = {},
  options: {
    readonly resume?: boolean;
    readonly onProgress?: (progress: ReadProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<LaunchPreview> {
  const { settings, clock, lake } = connection;
  const { queueName, requestsPerSecond, workers, memorySize } = settings;
  const { signal, resume: mayResume = true } = options;
  const fleet = connection.queue === undefined ? undefined : connection;
  const environment = fleet && (await readMatchingEnvironment(fleet));
  const chosen = await choosePartitions(connection, index, filters, options);
  const { plan, summaries } = chosen;
  const sources = { queueName, source: lakeSource(settings), summaries, signal };
  const resume =
    fleet && mayResume ? await findUnfinishedLaunch({ lake, nowMs: clock.now() }, plan, sources) : undefined;
  const partitions = resume ? partitionsToSend(resume.fleet) : plan.partitions;
  const { partsOnly, work, rates } = measureWork(partitions, chosen);
  const aboutLake = await noteLakeState(
    { lake },
    { ...chosen, partsOnly },
    {
      kind: 'launch',
      partsWritten:
        'workers write them from the documents in the lake, usually without requests to TMDB. Workers of an earlier version write none: run "tdd deploy" first to update them.',
    },
  );
  const aboutFleet = fleet && (await readFleetState(fleet, environment));
  return {
    plan,
    ...(resume !== undefined && { resume }),
    partitions,
    partsOnly,
    estimate: estimateFleet(work, { requestsPerSecond, workers, memorySize }, rates),
    notes: [...(aboutFleet?.notes ?? []), ...noteResumed(resume), ...aboutLake],
    queueExists: aboutFleet?.queueExists ?? false,
  };
}

/**
 * Sends a plan's partitions to the workers. An interrupted launch of the same filters and settings is resumed instead,
 * so that no partition is sent twice.
 * @param options.resume the launch to resume, as found by {@link planLaunch}; `false` to start a new one; by default,
 *   `launch` searches for an interrupted launch.
 * @throws {UsageError} when the lake contains data from another source than that in the settings.
 * @throws {UserError} when the queue does not exist or SQS keeps failing; calling it again resumes.
 */
export async function launch(
  connection: Pick<FleetConnection, 'lake' | 'queue' | 'cache' | 'clock' | 'random' | 'settings'>,
  plan: FleetPlan,
  options: {
    readonly resume?: StoredLaunch | boolean;
    readonly onProgress?: (progress: SendProgress) => void;
    /** Called with each long backoff. */
    readonly onWait?: OnWait;
    readonly signal?: AbortSignal;
  } = {},
): Promise<LaunchReport> {
  const { lake, clock, settings } = connection;
  const { queueName } = settings;
  const { signal, onProgress, onWait, resume = true } = options;
  await connection.queue.url(); // Fails before an unsendable plan is written.
  const source = lakeSource(settings);
  await checkSource({ lake }, source, { signal });
  return sendLaunch(connection, plan, {
    queueName,
    source,
    signal,
    onProgress,
    onWait,
    resume: typeof resume === 'boolean' ? (resume ? await findUnfinished() : undefined) : resume,
  });

  async function findUnfinished(): Promise<StoredLaunch | undefined> {
    const { byPartition: summaries } = await readManifestSummaries(connection, { signal });
    return findUnfinishedLaunch({ lake, nowMs: clock.now() }, plan, { queueName, source, summaries, signal });
  }
}

/** The note that an interrupted launch is resumed, if there is one. */
function noteResumed(resume: StoredLaunch | undefined): LaunchNote[] {
  if (resume === undefined) return [];
  const { launchedAt, run } = resume.fleet;
  const text = `This resumes launch ${run} from ${launchedAt}, which was interrupted.`;
  return [{ about: 'resumes', text }];
}

/** Compares the settings with those of the workers, and reads the state of the queue and the event source. */
async function readFleetState(
  { queue, workers, settings }: FleetToPlan,
  environment: Readonly<Record<string, string>> | undefined,
): Promise<Pick<LaunchPreview, 'notes' | 'queueExists'>> {
  const [depths, eventSource] = await Promise.all([queue.readDepths(), workers.readEventSource()]);
  const notes: LaunchNote[] = [];
  const differing = environment ? differingSettings(settings, environment) : [];
  if (differing.length > 0) {
    notes.push({
      about: 'otherSettings',
      text: `The workers were deployed with other settings, which take precedence (${differing.join('; ')}): run "tdd deploy" first to apply your settings.`,
    });
  }
  const onQueue = countMessages(depths);
  if (onQueue > 0) {
    notes.push({
      about: 'queueNotEmpty',
      text: `The queue already holds about ${formatNumberOf(onQueue, 'message')}: sending a partition twice costs little, because the second worker skips titles that are done.`,
    });
  }
  if (eventSource && !isEnabled(eventSource)) {
    notes.push({
      about: 'paused',
      text: 'The event source is disabled: messages wait until you run "tdd resume".',
    });
  }
  return { notes, queueExists: depths !== undefined };
}
