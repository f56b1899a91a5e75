import type { LaunchReport } from '../../app/launch-fleet.ts';
import type { StoredLaunch } from '../../app/launch-store.ts';
import { utcDay } from '../../clock.ts';
import type { Settings } from '../../config/settings.ts';
import { CancelledError, UsageError, UserError } from '../../errors.ts';
import type { FleetBudget, FleetEstimate } from '../../fleet/estimate.ts';
import { completeFilters, type FleetFilters, parseAge } from '../../fleet/filters.ts';
import type { ManifestSummaries } from '../../fleet/manifest-summary.ts';
import type { FleetPlan, PlannedPartition, SizeBar } from '../../fleet/plan.ts';
import { parseInitial, parseYear } from '../../partition.ts';
import { defineCommand, type Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatLaunch, formatLaunchPlan, formatNumberOf } from '../format-launch.ts';
import { type OpenFleet, type OpenFleetInput, openFleet, readFleetInput } from '../open-fleet.ts';
import { parseCount } from '../parse-count.ts';
import { createProgress } from '../progress.ts';
import { readIndex } from '../read-index.ts';
import { readSummaries } from '../read-summaries.ts';

/** What `tdd launch` was told. */
export interface LaunchInput extends OpenFleetInput {
  readonly filters: FleetFilters;
  readonly dryRun: boolean;
  /** Take up a launch that was cut off. */
  readonly resume: boolean;
}

/** What `tdd launch` planned and did. */
export interface LaunchResult {
  readonly lake: string;
  readonly queue: string;
  readonly snapshot: string;
  readonly filters: FleetFilters;
  /** What was fetched earlier is fetched again. */
  readonly redoBefore?: string;
  readonly budget: FleetBudget;
  readonly movies: number;
  /** Movies that the lake lacks. */
  readonly moviesToAsk: number;
  readonly estimate: FleetEstimate;
  readonly sizes: readonly SizeBar[];
  readonly largest: readonly PlannedPartition[];
  readonly withoutYear: FleetPlan['withoutYear'];
  /** Rows of IMDb's list that are broken, so that their titles are left out. */
  readonly badRows: number;
  readonly notes: readonly string[];
  /** In the order of sending. */
  readonly partitions: readonly PlannedPartition[];
  /** Absent after a dry run, or when there was nothing to send. */
  readonly report?: LaunchReport;
}

const LARGEST = 10;

/** `tdd launch`: puts the catalogue, or a part of it, on the queue. */
export const launch = defineCommand<LaunchInput, LaunchResult>({
  description:
    'Puts partitions on the queue, from where the workers take them. It first shows how many movies, requests, ' +
    'hours and dollars that will be, and asks.\n\n' +
    'What is in the lake already is not fetched again, unless --older-than says so. --only-missing, --failed and ' +
    '--older-than together send what fits any of them. A launch that was cut off is taken up where it stood when ' +
    'the same command is run again.',
  settings: [
    'bucketName',
    'language',
    'reviewLanguage',
    'lookup',
    'append',
    'requestsPerSecond',
    'titleTypes',
    'lambdaName',
    'queueName',
    'workers',
    'memorySize',
  ],
  declare: (command) =>
    command
      .option('--min-year <YYYY>', 'the first year (default: 2000)')
      .option('--max-year <YYYY>', 'the last year (default: this one)')
      .option('--initial <II>', 'partitions of this initial only')
      .option('--only-missing', 'partitions without a complete manifest only')
      .option('--failed', 'partitions with failed titles only; these titles alone are fetched')
      .option(
        '--older-than <AGE>',
        'partitions with titles fetched longer ago than 30d, 12h, 8w …, to fetch them again',
      )
      .option('--limit <N>', 'the N smallest partitions only: a cheap first try')
      .option('--dry-run', 'show the plan and send nothing')
      .option('--no-resume', 'begin anew, even if the same launch was cut off before')
      .addHelpText(
        'after',
        '\nExamples:\n  tdd launch --limit 3\n  tdd launch --only-missing\n  tdd launch --older-than 150d --yes',
      ),
  readInput,
  run,
  format: formatLaunch,
  exitCode: ({ report }) => (report !== undefined && report.rejected > 0 ? 1 : 0),
});

async function readInput(context: CommandContext, flags: Flags): Promise<LaunchInput> {
  const dryRun = flags.dryRun === true;
  const { minYear, maxYear, initial, olderThan, limit } = flags;
  const filters = completeFilters(
    {
      ...(minYear !== undefined && { minYear: parseYear(minYear) }),
      ...(maxYear !== undefined && { maxYear: parseYear(maxYear) }),
      ...(initial !== undefined && { initial: parseInitial(initial) }),
      ...(limit !== undefined && { limit: parseCount(String(limit), '--limit') }),
      ...(olderThan !== undefined && { olderThanMs: parseAge(String(olderThan)) }),
      onlyMissing: flags.onlyMissing === true,
      failed: flags.failed === true,
    },
    context.clock.now(),
  );
  if (!dryRun && !context.yes && !context.prompter.isInteractive) {
    throw new UsageError(
      'There is no terminal to ask on: give --yes to launch, or --dry-run to see the plan.',
    );
  }
  return { ...(await readFleetInput(context)), filters, dryRun, resume: flags.resume !== false };
}

async function run(context: CommandContext, input: LaunchInput): Promise<LaunchResult> {
  const { settings, dryRun } = input;
  const { clock, signal } = context;
  const fleet = await openFleet(context, settings, { announce: !dryRun });
  const index = await readIndex(context, {
    lake: fleet.lake,
    settings,
    day: utcDay(clock.now()),
  });
  const summaries = await readSummaries(context, fleet);
  const { planFleet } = await import('../../fleet/plan.ts');
  const { launchFleet } = await import('../../app/launch-fleet.ts');
  const { lookup, language, reviewLanguage, append } = settings;
  const plan = planFleet({
    index,
    filters: input.filters,
    settings: { lookup, language, reviewLanguage, append },
    summaries: summaries.byPartition,
    nowMs: clock.now(),
  });
  const unfinished = input.resume ? await findUnfinished(context, input, fleet, plan, summaries) : undefined;
  const result = await previewLaunch(input, fleet, { plan, unfinished, summaries });
  if (dryRun || (result.partitions.length === 0 && unfinished === undefined)) return result;
  if ((await fleet.queue.readDepths()) === undefined) {
    throw new UserError(`There is no queue "${fleet.queue.name}": run "tdd deploy" first.`);
  }

  // A launch that lacks nothing but its last mark needs no answer.
  if (result.partitions.length > 0) await agree(context, result);
  const bar = createProgress(context, 'partitions');
  try {
    const report = await launchFleet({ ...fleet, clock, random: Math.random }, plan, {
      queueName: fleet.queue.name,
      resume: unfinished,
      signal,
      onProgress: ({ sent, total, rejected }) =>
        bar.update({ done: sent, total, fields: rejected > 0 ? [`${rejected} refused`] : [] }),
    });
    return { ...result, report };
  } catch (error) {
    bar.stop();
    context.output.warn('The launch is not finished: the same command goes on from where it stood.');
    throw error;
  } finally {
    bar.stop();
  }
}

async function findUnfinished(
  { clock, signal }: CommandContext,
  { settings }: LaunchInput,
  { lake }: OpenFleet,
  plan: FleetPlan,
  { byPartition }: ManifestSummaries,
): Promise<StoredLaunch | undefined> {
  const { findUnfinishedLaunch } = await import('../../app/launch-fleet.ts');
  const options = { queueName: settings.queueName, summaries: byPartition, signal };
  return findUnfinishedLaunch({ lake, nowMs: clock.now() }, plan, options);
}

/** What will be sent, what it will take, and what one should know before. */
async function previewLaunch(
  { settings, filters }: LaunchInput,
  fleet: OpenFleet,
  {
    plan,
    unfinished,
    summaries,
  }: { plan: FleetPlan; unfinished: StoredLaunch | undefined; summaries: ManifestSummaries },
): Promise<LaunchResult> {
  const { estimateFleet } = await import('../../fleet/estimate.ts');
  const { learnRates } = await import('../../fleet/estimate.ts');
  const { sizeHistogram } = await import('../../fleet/plan.ts');
  const { partitionsToSend } = await import('../../fleet/launch-record.ts');
  const partitions = unfinished ? partitionsToSend(unfinished.fleet) : plan.partitions;
  const { requestsPerSecond, workers, memorySize } = settings;
  const budget = { requestsPerSecond, workers, memorySize };
  const rates = learnRates(summaries.byPartition.values(), plan.settings);
  const redoBefore = unfinished ? unfinished.fleet.redoBefore : plan.redoBefore;
  return {
    lake: fleet.lake.url,
    queue: fleet.queue.name,
    snapshot: unfinished?.fleet.snapshot ?? plan.snapshot,
    filters,
    ...(redoBefore !== undefined && { redoBefore }),
    budget,
    movies: partitions.reduce((sum, { titles }) => sum + titles, 0),
    moviesToAsk: partitions.reduce((sum, { left }) => sum + left, 0),
    estimate: estimateFleet(partitions, budget, rates),
    sizes: sizeHistogram(partitions),
    largest: [...partitions].sort((a, b) => b.titles - a.titles).slice(0, LARGEST),
    withoutYear: plan.withoutYear,
    badRows: plan.badRows,
    notes: await noteWhatMatters(fleet, { settings, filters, unfinished, summaries }),
    partitions,
  };
}

async function noteWhatMatters(
  { lake, queue, workers }: OpenFleet,
  {
    settings,
    filters,
    unfinished,
    summaries,
  }: {
    settings: Settings;
    filters: FleetFilters;
    unfinished: StoredLaunch | undefined;
    summaries: ManifestSummaries;
  },
): Promise<string[]> {
  const { isEnabled } = await import('../../aws/event-source.ts');
  const { hasMovies } = await import('../../app/has-movies.ts');
  const { noteOtherWorkers } = await import('../../app/note-other-workers.ts');
  const [depths, eventSource, environment] = await Promise.all([
    queue.readDepths(),
    workers.readEventSource(),
    workers.readEnvironment(),
  ]);
  const notes = environment ? [...noteOtherWorkers(settings, environment)] : [];
  if (unfinished) {
    const { launchedAt, run } = unfinished.fleet;
    notes.push(
      `This goes on with the launch ${run} of ${launchedAt}, which was cut off; --no-resume begins anew.`,
    );
  }
  if (filters.onlyMissing && summaries.byPartition.size === 0 && (await hasMovies(lake))) {
    notes.push(
      'This lake has movies but no manifests, which say what is missing: this first time everything is fetched again.',
    );
  }
  const onQueue = depths ? depths.waiting + depths.inFlight + depths.delayed : 0;
  if (onQueue > 0) {
    notes.push(
      `The queue holds about ${formatNumberOf(onQueue, 'message')} already: partitions among them are looked at twice, which costs little.`,
    );
  }
  if (eventSource && !isEnabled(eventSource)) {
    notes.push('The event source is disabled: messages wait until "tdd resume".');
  }
  return notes;
}

async function agree(context: CommandContext, result: LaunchResult): Promise<void> {
  const { output, io, secrets, yes, prompter, signal } = context;
  // Nobody should agree to what was not shown, --quiet or not.
  if (!output.quiet || !yes)
    io.stderr.write(secrets.redact(`\n${formatLaunchPlan(result, output.style)}\n\n`));
  if (yes) return;
  const message = `Send ${formatNumberOf(result.partitions.length, 'partition')} to the queue ${result.queue}?`;
  if (!(await prompter.confirm({ message }))) throw new CancelledError('cancelled: nothing was sent.');
  signal.throwIfAborted();
}
