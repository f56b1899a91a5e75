import { type DownloadChoice, downloadTargets, findTargets } from '../../app/download.ts';
import { openLakeAt } from '../../app/open-aws.ts';
import { type LocalConnection, openDownload, openForPlan } from '../../app/open-download.ts';
import type { DownloadTarget } from '../../app/run-targets.ts';
import { flagAttribute } from '../../config/resolve-settings.ts';
import type { Settings } from '../../config/settings.ts';
import type { DownloadReport } from '../../download/download-report.ts';
import { namingSource, UsageError } from '../../errors.ts';
import { completeFilters } from '../../fleet/filters.ts';
import type { PartitionIndex } from '../../imdb/partition-index.ts';
import { parseImdbId } from '../../imdb-id.ts';
import { BucketMissingError } from '../../lake/lake.ts';
import type { LakeLocation } from '../../lake/open-lake.ts';
import { partitionName } from '../../partition.ts';
import { formatNumberOf } from '../../text.ts';
import { announceOtherTmdb } from '../announce-tmdb.ts';
import { askForPartition, readPartitionFlags } from '../ask-partition.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { readDryRun } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { declareFilters, readFilters } from '../filter-flags.ts';
import { collect, type Flags, parseCount } from '../flags.ts';
import { type DownloadResult, formatDownload } from '../format-download.ts';
import { type DownloadPlanResult, formatDownloadOfPlan } from '../format-download-plan.ts';
import { formatBadRows } from '../format-work.ts';
import { cacheFolder, checkDirectory, processOf, readBucketLocation, readPlace } from '../open-connection.ts';
import { downloadWithGrace, showSharing } from '../run-download.ts';
import { type DownloadPlanInput, previewDownload, runDownloadPlan } from '../run-download-plan.ts';
import { openTodaysIndex, showDownload } from '../show-progress.ts';

/** The input of `tdd download` for a partition or single titles. */
interface ChoiceInput {
  readonly settings: Settings;
  readonly apiKey: string;
  readonly location: LakeLocation;
  readonly choice: DownloadChoice;
  readonly limit: number | undefined;
  readonly refresh: boolean;
}

/** The input of `tdd download`; a dry run needs no API key. */
type DownloadInput =
  | ChoiceInput
  | (DownloadPlanInput & { readonly apiKey: string })
  | (DownloadPlanInput & { readonly apiKey: undefined });

/** The flags that choose many partitions. */
const FILTERS = ['--min-year', '--max-year', '--only-missing', '--failed', '--older-than'];

/** `tdd download`: downloads from this machine. */
export const download = defineCommand<DownloadInput, DownloadResult | DownloadPlanResult>({
  description:
    'Downloads movies and reviews from this machine, with the same code as the Lambda workers: a partition, single ' +
    'IMDb IDs, or with --min-year and the other filters the whole catalog or part of it, after a plan and a forecast. ' +
    'Titles already in the lake are skipped. Ctrl-C finishes the requests in flight; the next run resumes.\n\n' +
    'If you combine --only-missing, --failed and --older-than, download works on the partitions that match any of them.',
  settings: COMMAND_SETTINGS.download,
  examples: [
    ['tdd download', 'ask for the partition and download it to the bucket'],
    ['tdd download --year 2004 --initial AD --to lake', 'download one partition to a directory'],
    ['tdd download --imdb-id tt0133093 --imdb-id tt0137523', 'download two titles'],
    ['tdd download --min-year 2000 --to lake', 'download every movie since 2000, in some hours'],
  ],
  declare: (command) =>
    declareFilters(
      command
        .option('--year <YYYY>', 'year of the movies')
        .option('--initial <II>', 'first two characters of the titles, such as AD, 50 or A_')
        .option('--imdb-id <ttID>', 'download single titles instead; can be repeated', collect),
    )
      .option('--to <PLACE>', 'directory or s3://bucket of the data lake (default: the configured bucket)')
      .option('--limit <N>', 'download at most N titles')
      .option('--refresh', 'download titles again even if they are already in the lake')
      .option(
        '--dry-run',
        "with filters: show the plan and download nothing but IMDb's list, which goes into the lake once a day",
      ),
  readInput,
  run,
  format: (result, style) =>
    'filters' in result ? formatDownloadOfPlan(result, style) : formatDownload(result, style),
  exitCode: (result) => {
    if (result.interrupted) return 130;
    const { partitions } = result;
    const isFailed =
      'filters' in result
        ? result.report?.outcome === 'failedTitles'
        : result.withoutPartition.length > 0 || partitions.some(({ outcome }) => outcome === 'failedTitles');
    return isFailed ? 1 : 0;
  },
});

async function readInput(context: CommandContext, flags: Flags): Promise<DownloadInput> {
  const limit = flags.limit === undefined ? undefined : parseCount(String(flags.limit), '--limit');
  const filters = readPlanFilters(context, flags);
  if (filters !== undefined) {
    const dryRun = readDryRun(context, flags, { act: 'download' });
    const settings = await context.readSettings();
    const to = readPlace(context, flags, '--to');
    await checkDirectory(to, '--to', { writes: !dryRun });
    const location = to ?? (await readBucketLocation(context, settings));
    const input = { settings, location, filters, limit };
    if (dryRun) return { ...input, apiKey: undefined };
    return { ...input, apiKey: await context.requireSetting(settings, 'apiKey') };
  }
  const given = readChoice(context, flags);
  const settings = await context.readSettings();
  // Everything that can be checked is checked before the first question.
  const to = readPlace(context, flags, '--to');
  await checkDirectory(to, '--to', { writes: true });
  if (context.mayAsk && !('imdbIds' in given)) await checkConfiguredBucket(context, settings, to);
  const choice = 'imdbIds' in given ? given : { partition: await askForPartition(context, given) };
  const location = to ?? (await readBucketLocation(context, settings));
  const apiKey = await context.requireSetting(settings, 'apiKey');
  return { settings, apiKey, location, choice, limit, refresh: flags.refresh === true };
}

/** Reads the filters; `undefined` without any, when the flags name a partition or titles. */
function readPlanFilters({ clock }: CommandContext, flags: Flags) {
  const isGiven = (flag: string) => flags[flagAttribute(flag.slice(2))] !== undefined;
  const filter = FILTERS.find(isGiven);
  if (filter === undefined) {
    if (!isGiven('--dry-run')) return undefined;
    throw new UsageError(
      '--dry-run needs --min-year or another filter: there is no plan for a single partition.',
    );
  }
  const other = ['--year', '--imdb-id'].find(isGiven);
  if (other !== undefined) {
    throw new UsageError(
      `Use --year and --initial for one partition, --imdb-id for single titles, or --min-year and other filters for many partitions (got ${other} and ${filter}).`,
    );
  }
  if (isGiven('--refresh')) {
    throw new UsageError(
      `--refresh cannot be used with ${filter}: use --older-than, such as --older-than 1h, which can be resumed.`,
    );
  }
  return completeFilters(readFilters(flags), clock.now());
}

/** @throws {UsageError} when the bucket to download to is known and does not exist. */
async function checkConfiguredBucket(
  context: CommandContext,
  { bucketName: bucket }: Settings,
  to: LakeLocation | undefined,
): Promise<void> {
  const location = to ?? (bucket === undefined ? undefined : { kind: 's3' as const, bucket });
  if (location?.kind === 's3') await openLakeAt(processOf(context), location);
}

function readChoice(context: CommandContext, flags: Flags) {
  const { year, initial, imdbId } = flags;
  if (!Array.isArray(imdbId)) {
    return readPartitionFlags(
      context,
      flags,
      'Use --year and --initial together, --imdb-id, or --min-year for many partitions.',
    );
  }
  if (year !== undefined || initial !== undefined) {
    throw new UsageError('Use either --year and --initial or --imdb-id, not both.');
  }
  return {
    imdbIds: namingSource('--imdb-id', () => [...new Set(imdbId.map((id) => parseImdbId(String(id))))]),
  };
}

async function run(
  context: CommandContext,
  input: DownloadInput,
): Promise<DownloadResult | DownloadPlanResult> {
  const { output } = context;
  const folder = () => cacheFolder(context);
  if (input.apiKey === undefined) {
    const options = { cacheFolder: folder };
    const connection = await openForPlan(processOf(context), input, options).catch(hintAtDirectory);
    return (await previewDownload(context, connection, input)).result;
  }
  await announceOtherTmdb(context);
  const connection = await openDownload(processOf(context), input, {
    onKeyUnchecked: output.debug,
    cacheFolder: folder,
    onShare: showSharing(output),
    onShareFailed: (reason) =>
      output.debug(`Other downloads on this machine that use the same API key are not noticed: ${reason}`),
  }).catch(hintAtDirectory);
  const result =
    'choice' in input
      ? downloadChoice(context, connection, input)
      : runDownloadPlan(context, connection, input);
  return result.finally(connection.close);
}

function hintAtDirectory(error: unknown): never {
  if (!(error instanceof BucketMissingError)) throw error;
  const hint = ' "tdd download --to lake" needs no bucket: it downloads to a directory.';
  throw new UsageError(`${error.message}${hint}`, { cause: error });
}

async function downloadChoice(
  context: CommandContext,
  connection: LocalConnection,
  input: ChoiceInput,
): Promise<DownloadResult> {
  const { signal, output } = context;
  const index = await openTodaysIndex(context, connection);
  const { rowCounts, firstBadRow } = index;
  if (rowCounts.bad > 0) output.warn(`Skipped ${formatBadRows(rowCounts.bad, firstBadRow)}.`);
  const { targets, withoutPartition } = await findTargets(connection, index, input.choice, { signal });
  const partitions = await downloadAll(context, connection, index, input, targets);
  const isLeft =
    partitions.length < targets.length || partitions.some(({ outcome }) => outcome === 'stopped');
  const interrupted = signal.aborted && isLeft;
  if (interrupted) {
    output.info(
      input.refresh
        ? 'Interrupted: with --refresh, the same command downloads everything again.'
        : 'Interrupted: run the same command again to resume.',
    );
  }
  return {
    lake: connection.lake.url,
    snapshot: index.snapshot,
    badRows: rowCounts.bad,
    ...(firstBadRow && { firstBadRow }),
    ...(input.limit !== undefined && { limit: input.limit }),
    partitions,
    withoutPartition,
    ...(interrupted && { interrupted }),
  };
}

/** @throws the error that ended the run: an outage or a rejected API key. */
async function downloadAll(
  context: CommandContext,
  connection: LocalConnection,
  index: PartitionIndex,
  { limit, refresh }: ChoiceInput,
  targets: readonly DownloadTarget[],
): Promise<DownloadReport[]> {
  const [first] = targets;
  if (first === undefined) return [];
  const titles = targets.reduce((sum, { only }) => sum + (only?.size ?? 0), 0);
  const show = showDownload(
    context,
    targets.length === 1
      ? `partition ${partitionName(first.partition)}`
      : `${formatNumberOf(titles, 'title')} in ${formatNumberOf(targets.length, 'partition')}`,
  );
  const reports = await downloadWithGrace(context, (control) =>
    downloadTargets(connection, index, targets, {
      ...control,
      ...(limit !== undefined && { limit }),
      refresh,
      onProgress: show.update,
    }),
  ).finally(show.end);
  const problem = reports.find((report) => report.problem !== undefined)?.problem;
  if (problem) throw problem;
  return reports;
}
