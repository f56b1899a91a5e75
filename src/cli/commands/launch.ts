import { readMatchingEnvironment } from '../../app/deployed-settings.ts';
import { type LaunchPreview, launch as launchPlan, planLaunch } from '../../app/launch.ts';
import { UserError } from '../../errors.ts';
import { completeFilters, type FleetFilters, parseAge } from '../../fleet/filters.ts';
import { sizeHistogram } from '../../fleet/plan.ts';
import { parseInitial, parseYear } from '../../partition.ts';
import { formatCount, formatNumberOf } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { type Flags, parseCount, readFlag } from '../flags.ts';
import { formatLaunch, formatLaunchPlan, type LaunchResult } from '../format-launch.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import { createProgress } from '../progress.ts';
import { openTodaysIndex, showManifestReading } from '../show-progress.ts';

/** The input of `tdd launch`. */
interface LaunchInput extends FleetInput {
  readonly filters: FleetFilters;
  readonly dryRun: boolean;
  /** Whether to resume an interrupted launch. */
  readonly resume: boolean;
}

const LARGEST = 10;

/** `tdd launch`: sends the catalog, or part of it, to the queue. */
export const launch = defineCommand<LaunchInput, LaunchResult>({
  description:
    'Sends partitions to the queue, from which the workers receive them. It first shows the number of movies and ' +
    'requests, the time and the cost, and asks for confirmation.\n\n' +
    'Titles already in the lake are not downloaded again, except with --older-than. If you combine --only-missing, ' +
    '--failed and --older-than, launch sends the partitions that match any of them. To resume an interrupted launch, run the same ' +
    'command again.',
  settings: COMMAND_SETTINGS.launch,
  examples: [
    ['tdd launch --limit 3', 'send the three smallest partitions'],
    ['tdd launch --only-missing', 'send everything that is not complete yet'],
    ['tdd launch --older-than 150d --yes', 'download old titles again without asking'],
  ],
  declare: (command) =>
    command
      .option('--min-year <YYYY>', 'first year (default: 2000)')
      .option('--max-year <YYYY>', 'last year (default: this year)')
      .option('--initial <II>', 'only partitions with this initial')
      .option('--only-missing', 'only partitions without a complete manifest, or without parts')
      .option(
        '--failed',
        'only partitions with failed titles or missing reviews; downloads only these titles',
      )
      .option(
        '--older-than <AGE>',
        'only partitions with titles downloaded more than AGE ago, such as 12h, 30d or 8w; downloads these titles again',
      )
      .option('--limit <N>', 'only the N smallest partitions, for a cheap first try')
      .option(
        '--dry-run',
        "show the plan and send nothing; this also downloads IMDb's list into the bucket, once a day",
      )
      .option('--no-resume', 'start a new launch even if the same one was interrupted'),
  readInput,
  run,
  format: formatLaunch,
  exitCode: ({ report }) => (report !== undefined && report.rejected > 0 ? 1 : 0),
});

async function readInput(context: CommandContext, flags: Flags): Promise<LaunchInput> {
  const minYear = readFlag(flags, '--min-year', parseYear);
  const maxYear = readFlag(flags, '--max-year', parseYear);
  const initial = readFlag(flags, '--initial', parseInitial);
  const olderThanMs = readFlag(flags, '--older-than', parseAge);
  const { limit } = flags;
  const filters = completeFilters(
    {
      ...(minYear !== undefined && { minYear }),
      ...(maxYear !== undefined && { maxYear }),
      ...(initial !== undefined && { initial }),
      ...(limit !== undefined && { limit: parseCount(String(limit), '--limit') }),
      ...(olderThanMs !== undefined && { olderThanMs }),
      onlyMissing: flags.onlyMissing === true,
      failed: flags.failed === true,
    },
    context.clock.now(),
  );
  const dryRun = readDryRun(context, flags, { act: 'launch' });
  return { ...(await readFleetInput(context)), filters, dryRun, resume: flags.resume !== false };
}

async function run(context: CommandContext, input: LaunchInput): Promise<LaunchResult> {
  const { settings, filters, dryRun, resume } = input;
  const { signal } = context;
  const connection = await openCommandFleet(context, { settings }, { announce: !dryRun });
  await readMatchingEnvironment(connection); // Before the list is downloaded into a bucket that may be the wrong one.
  const index = await openTodaysIndex(context, connection);
  const show = showManifestReading(context);
  const options = { resume, signal, onProgress: show.update };
  const preview = await planLaunch(connection, index, filters, options).finally(show.end);
  const { lake, queue } = connection;
  const result = toResult(input, { lake: lake.url, queue: queue.name }, preview);
  if (dryRun || (result.partitions.length === 0 && preview.resume === undefined)) return result;
  if (!preview.queueExists) {
    throw new UserError(`There is no queue "${queue.name}": run "tdd deploy" first.`);
  }

  // If the interrupted launch had sent everything, it is only marked as finished. This needs no consent.
  if (result.partitions.length > 0) {
    showPlan(context, formatLaunchPlan(result, context.output.style));
    const message = `Send ${formatNumberOf(result.partitions.length, 'partition')} to the queue ${queue.name}?`;
    await askConsent(context, message, 'Cancelled: nothing was sent.');
  }
  const bar = createProgress(context, 'partitions');
  let progress = '';
  try {
    const report = await launchPlan(connection, preview.plan, {
      resume: preview.resume ?? false,
      signal,
      onWait: context.onWait,
      onProgress: ({ sent, total, rejected }) => {
        progress = ` after ${formatCount(sent)} of ${formatNumberOf(total, 'partition')}`;
        bar.update({ done: sent, total, fields: rejected > 0 ? [`${rejected} rejected`] : [] });
      },
    });
    return { ...result, report };
  } catch (error) {
    bar.stop();
    context.output.warn(`The launch was interrupted${progress}: run the same command again to resume it.`);
    throw error;
  } finally {
    bar.stop();
  }
}

function toResult(
  { settings, filters }: LaunchInput,
  places: Pick<LaunchResult, 'lake' | 'queue'>,
  { plan, resume, partitions, partsOnly, estimate, notes }: LaunchPreview,
): LaunchResult {
  const { requestsPerSecond, workers, memorySize } = settings;
  const { snapshot, redoBefore } = resume ? resume.fleet : plan;
  return {
    ...places,
    snapshot,
    filters,
    ...(redoBefore !== undefined && { redoBefore }),
    budget: { requestsPerSecond, workers, memorySize },
    movies: partitions.reduce((sum, { titles }) => sum + titles, 0),
    moviesToAsk: partitions.reduce((sum, { left }) => sum + left, 0),
    partsOnly,
    estimate,
    sizes: sizeHistogram(partitions),
    largest: [...partitions].sort((a, b) => b.titles - a.titles).slice(0, LARGEST),
    withoutYear: plan.withoutYear,
    badRows: plan.badRows,
    ...(plan.firstBadRow && { firstBadRow: plan.firstBadRow }),
    inRange: plan.inRange,
    notes: notes.map(({ about, text }) =>
      about === 'resumes' ? text.replace(/\.$/, '; --no-resume starts a new launch instead.') : text,
    ),
    partitions,
  };
}
