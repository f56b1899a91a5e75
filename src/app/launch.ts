import { countMessages } from '../aws/queue-interface.ts';
import { estimateFleet, type FleetEstimate, learnRates } from '../fleet/estimate.ts';
import { completeFilters, type FleetFilters } from '../fleet/filters.ts';
import { partitionsToSend } from '../fleet/launch-record.ts';
import type { ManifestSummary } from '../fleet/manifest-summary.ts';
import { countDocumentsToRead, lacksParts } from '../fleet/missing-parts.ts';
import { type FleetPlan, type PlannedPartition, planFleet } from '../fleet/plan.ts';
import { isEnabled } from '../fleet/status.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { MOVIE_PREFIX } from '../lake/keys.ts';
import { checkSource, lakeSource } from '../lake/source.ts';
import { partitionName } from '../partition.ts';
import { formatNumberOf } from '../text.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import type { OnWait } from '../wait.ts';
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
   * {@link LaunchPreview.resume}; `noManifests`: the lake has movies but no manifests; `partsOnly`: see
   * {@link LaunchPreview.partsOnly}; `queueNotEmpty`; `paused`: the event source is disabled.
   */
  readonly about: 'otherSettings' | 'resumes' | 'noManifests' | 'partsOnly' | 'queueNotEmpty' | 'paused';
  /** One sentence. */
  readonly text: string;
}

type PlanDeps = Pick<FleetConnection, 'lake' | 'queue' | 'cache' | 'clock' | 'settings'> & {
  readonly workers: Pick<FleetConnection['workers'], 'readEventSource' | 'readEnvironment'>;
};

/**
 * Plans a launch and forecasts it from earlier downloads into the lake. It sends nothing.
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
  const complete = completeFilters(filters, clock.now());
  const source = lakeSource(settings);
  await checkSource({ lake }, source, { signal });
  const environment = await readMatchingEnvironment(connection);
  const { byPartition: summaries } = await readManifestSummaries(connection, options);
  const nowMs = clock.now();
  const asked = lookupSettings(settings);
  const plan = planFleet({ index, filters: complete, settings: asked, summaries, nowMs });
  const resume = mayResume
    ? await findUnfinishedLaunch({ lake, nowMs }, plan, { queueName, source, summaries, signal })
    : undefined;
  const partitions = resume ? partitionsToSend(resume.fleet) : plan.partitions;
  const summaryOf = (partition: PlannedPartition) => summaries.get(partitionName(partition));
  const partsOnly = partitions.filter(
    (partition) => partition.left === 0 && lacksParts(summaryOf(partition)),
  ).length;
  const budget = { requestsPerSecond, workers, memorySize };
  return {
    plan,
    ...(resume !== undefined && { resume }),
    partitions,
    partsOnly,
    estimate: estimateFleet(
      partitions.map((partition) => ({
        left: partition.left,
        documentsToRead: countDocumentsToRead(summaryOf(partition), asked),
      })),
      budget,
      learnRates(summaries.values(), asked),
    ),
    ...(await collectNotes(connection, { plan, resume, partsOnly, summaries, environment })),
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

async function collectNotes(
  { lake, queue, workers, settings }: PlanDeps,
  context: {
    readonly plan: FleetPlan;
    readonly resume: StoredLaunch | undefined;
    readonly partsOnly: number;
    readonly summaries: ReadonlyMap<string, ManifestSummary>;
    readonly environment: Readonly<Record<string, string>> | undefined;
  },
): Promise<Pick<LaunchPreview, 'notes' | 'queueExists'>> {
  const { plan, resume, partsOnly, summaries, environment } = context;
  const [depths, eventSource] = await Promise.all([queue.readDepths(), workers.readEventSource()]);
  const notes: LaunchNote[] = [];
  const note = (about: LaunchNote['about'], text: string) => void notes.push({ about, text });
  const differing = environment ? differingSettings(settings, environment) : [];
  if (differing.length > 0) {
    note(
      'otherSettings',
      `The workers were deployed with other settings, which take precedence (${differing.join('; ')}): run "tdd deploy" first to apply your settings.`,
    );
  }
  if (resume) {
    const { launchedAt, run } = resume.fleet;
    note('resumes', `This resumes launch ${run} from ${launchedAt}, which was interrupted.`);
  }
  if (plan.left > 0 && summaries.size === 0 && (await hasMovies(lake))) {
    note(
      'noManifests',
      'This lake has movies but no manifests, which record what was downloaded: this first launch downloads everything again.',
    );
  }
  if (partsOnly > 0) {
    const what = formatNumberOf(partsOnly, 'partition');
    note(
      'partsOnly',
      `${what} ${partsOnly === 1 ? 'is' : 'are'} complete but ${partsOnly === 1 ? 'has' : 'have'} no parts, which make exports fast: workers write them from the documents in the lake, usually without requests to TMDB. Workers of an earlier version write none: run "tdd deploy" first to update them.`,
    );
  }
  const onQueue = countMessages(depths);
  if (onQueue > 0) {
    note(
      'queueNotEmpty',
      `The queue already holds about ${formatNumberOf(onQueue, 'message')}: sending a partition twice costs little, because the second worker skips titles that are done.`,
    );
  }
  if (eventSource && !isEnabled(eventSource)) {
    note('paused', 'The event source is disabled: messages wait until you run "tdd resume".');
  }
  return { notes, queueExists: depths !== undefined };
}

async function hasMovies(lake: FleetConnection['lake']): Promise<boolean> {
  for await (const _ of lake.list(MOVIE_PREFIX)) return true;
  return false;
}
