import { readMatchingEnvironment } from '../../app/deployed-settings.ts';
import { type LaunchPreview, launch as launchPlan, planLaunch } from '../../app/launch.ts';
import { openForPlan } from '../../app/open-download.ts';
import type { Settings } from '../../config/settings.ts';
import { UsageError, UserError } from '../../errors.ts';
import { completeFilters, type FleetFilters } from '../../fleet/filters.ts';
import type { LakeLocation } from '../../lake/open-lake.ts';
import { escapeControls, formatCount, formatNumberOf } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { declareFilters, readFilters } from '../filter-flags.ts';
import { type Flags, parseCount } from '../flags.ts';
import { formatLaunch, formatLaunchPlan, type LaunchResult } from '../format-launch.ts';
import { describeWork } from '../format-work.ts';
import {
  cacheFolder,
  type FleetInput,
  openCommandFleet,
  processOf,
  readFleetInput,
  readPlace,
} from '../open-connection.ts';
import { createProgress } from '../progress.ts';
import { openTodaysIndex, showManifestReading } from '../show-progress.ts';
import { quoteWord } from '../suggestions.ts';

/** The input of `tdd launch`. */
interface LaunchInput {
  readonly settings: Settings;
  /** The fleet, or the place of a lake for which a dry run plans without one. */
  readonly target: { readonly fleet: FleetInput } | { readonly location: LakeLocation };
  readonly filters: FleetFilters;
  readonly dryRun: boolean;
  /** Whether to resume an interrupted launch. */
  readonly resume: boolean;
}

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
    ['tdd launch --older-than 140d --yes', 'download old titles again without asking'],
    ['tdd launch --dry-run --to lake', 'forecast time and cost without a deployment'],
  ],
  declare: (command) =>
    declareFilters(command)
      .option('--initial <II>', 'only partitions with this initial')
      .option('--limit <N>', 'only the N smallest partitions, for a cheap first try')
      .option(
        '--dry-run',
        "show the plan and send nothing; this also downloads IMDb's list into the lake, once a day",
      )
      .option(
        '--to <PLACE>',
        'with --dry-run: plan for the lake in this directory or s3://bucket; needs no deployment',
      )
      .option('--no-resume', 'start a new launch even if the same one was interrupted'),
  readInput,
  run,
  format: formatLaunch,
  exitCode: ({ report }) => (report !== undefined && report.rejected > 0 ? 1 : 0),
});

async function readInput(context: CommandContext, flags: Flags): Promise<LaunchInput> {
  const { limit } = flags;
  const filters = completeFilters(
    { ...readFilters(flags), ...(limit !== undefined && { limit: parseCount(String(limit), '--limit') }) },
    context.clock.now(),
  );
  const location = readPlace(context, flags, '--to');
  if (location !== undefined && flags.dryRun !== true) {
    throw new UsageError(
      `--to needs --dry-run, because the workers write to their own bucket: "tdd download --min-year ${filters.minYear} --to ${escapeControls(quoteWord(String(flags.to)))}" downloads to another place, from this machine.`,
    );
  }
  const dryRun = readDryRun(context, flags, { act: 'launch' });
  const options = { filters, dryRun, resume: flags.resume !== false };
  if (location !== undefined) {
    return { ...options, settings: await context.readSettings(), target: { location } };
  }
  const fleet = await readFleetInput(context);
  return { ...options, settings: fleet.settings, target: { fleet } };
}

async function run(context: CommandContext, input: LaunchInput): Promise<LaunchResult> {
  const { settings, target } = input;
  if ('fleet' in target) return launchFleet(context, input, target.fleet);
  const connection = await openForPlan(
    processOf(context),
    { settings, location: target.location },
    { cacheFolder: () => cacheFolder(context) },
  );
  const preview = await plan(context, connection, input);
  return toResult(input, { lake: connection.lake.url, queue: settings.queueName }, preview);
}

/** Plans, and shows the progress of reading the lake. */
async function plan(
  context: CommandContext,
  connection: Parameters<typeof planLaunch>[0] & Parameters<typeof openTodaysIndex>[1],
  { filters, resume }: LaunchInput,
): Promise<LaunchPreview> {
  const index = await openTodaysIndex(context, connection);
  const show = showManifestReading(context);
  const options = { resume, signal: context.signal, onProgress: show.update };
  return planLaunch(connection, index, filters, options).finally(show.end);
}

async function launchFleet(
  context: CommandContext,
  input: LaunchInput,
  fleet: FleetInput,
): Promise<LaunchResult> {
  const { dryRun } = input;
  const { signal } = context;
  const connection = await openCommandFleet(context, fleet, { announce: !dryRun });
  await readMatchingEnvironment(connection); // Before the list is downloaded into a bucket that may be the wrong one.
  const preview = await plan(context, connection, input);
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
  { settings }: LaunchInput,
  places: Pick<LaunchResult, 'lake' | 'queue'>,
  { plan, resume, partitions, partsOnly, estimate, notes }: LaunchPreview,
): LaunchResult {
  const { requestsPerSecond, workers, memorySize } = settings;
  return {
    ...places,
    ...describeWork(plan, partitions, resume?.fleet),
    budget: { requestsPerSecond, workers, memorySize },
    partsOnly,
    estimate,
    notes: notes.map(({ about, text }) =>
      about === 'resumes' ? text.replace(/\.$/, '; --no-resume starts a new launch instead.') : text,
    ),
    partitions,
  };
}
