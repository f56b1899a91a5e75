import { startAbortGrace } from '../../abort-grace.ts';
import {
  type DownloadChoice,
  type DownloadConnection,
  type DownloadTarget,
  downloadTargets,
  findTargets,
} from '../../app/download.ts';
import { openLakeAt } from '../../app/open-aws.ts';
import { type LocalConnection, openDownload } from '../../app/open-download.ts';
import type { Settings } from '../../config/settings.ts';
import type { DownloadReport } from '../../download/download-report.ts';
import { namingSource, UsageError } from '../../errors.ts';
import type { PartitionIndex } from '../../imdb/partition-index.ts';
import { parseImdbId } from '../../imdb-id.ts';
import { BucketMissingError } from '../../lake/lake.ts';
import type { LakeLocation } from '../../lake/open-lake.ts';
import { formatCount } from '../../text.ts';
import { announceOtherTmdb } from '../announce-tmdb.ts';
import { askForPartition, readPartitionFlags } from '../ask-partition.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import type { CommandContext } from '../context.ts';
import { describeWithStack } from '../error-report.ts';
import { collect, type Flags, parseCount } from '../flags.ts';
import { formatDuration } from '../format.ts';
import { type DownloadResult, formatDownload } from '../format-download.ts';
import { formatBadRows } from '../format-launch.ts';
import { cacheFolder, processOf, readBucketLocation, readPlace } from '../open-connection.ts';
import type { Output } from '../output.ts';
import { openTodaysIndex, showDownload } from '../show-progress.ts';

/** How long requests in flight may take after Ctrl-C. */
const GRACE_MS = 10_000;

/** The input of `tdd download`. */
interface DownloadInput {
  readonly settings: Settings;
  readonly apiKey: string;
  readonly location: LakeLocation;
  readonly choice: DownloadChoice;
  readonly limit: number | undefined;
  readonly refresh: boolean;
}

/** `tdd download`: downloads from this machine. */
export const download = defineCommand<DownloadInput, DownloadResult>({
  description:
    'Downloads the movies and reviews of a partition, or of single IMDb IDs, from this machine, with the same code as ' +
    'the Lambda workers. Titles already in the lake are skipped. Ctrl-C finishes the requests in flight; the next run ' +
    'resumes.',
  settings: COMMAND_SETTINGS.download,
  examples: [
    ['tdd download', 'ask for the partition and download it to the bucket'],
    ['tdd download --year 2004 --initial AD --to lake', 'download one partition to a directory'],
    ['tdd download --imdb-id tt0133093 --imdb-id tt0137523', 'download two titles'],
  ],
  declare: (command) =>
    command
      .option('--year <YYYY>', 'year of the movies')
      .option('--initial <II>', 'first two characters of the titles, such as AD, 50 or A_')
      .option('--imdb-id <ttID>', 'download single titles instead; can be repeated', collect)
      .option('--to <PLACE>', 'directory or s3://bucket of the data lake (default: the configured bucket)')
      .option('--limit <N>', 'download at most N titles')
      .option('--refresh', 'download titles again even if they are already in the lake'),
  readInput,
  run,
  format: formatDownload,
  exitCode: ({ partitions, withoutPartition, interrupted }) => {
    if (interrupted) return 130;
    return withoutPartition.length > 0 || partitions.some(({ outcome }) => outcome === 'failedTitles')
      ? 1
      : 0;
  },
});

async function readInput(context: CommandContext, flags: Flags): Promise<DownloadInput> {
  const given = readChoice(context, flags);
  const limit = flags.limit === undefined ? undefined : parseCount(String(flags.limit), '--limit');
  const settings = await context.readSettings();
  // Everything that can be checked is checked before the first question.
  const to = readPlace(context, flags, '--to');
  if (context.mayAsk && !('imdbIds' in given)) await checkConfiguredBucket(context, settings, to);
  const choice = 'imdbIds' in given ? given : { partition: await askForPartition(context, given) };
  const location = to ?? (await readBucketLocation(context, settings));
  const apiKey = await context.requireSetting(settings, 'apiKey');
  return { settings, apiKey, location, choice, limit, refresh: flags.refresh === true };
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
    return readPartitionFlags(context, flags, 'Use --year and --initial together, or --imdb-id.');
  }
  if (year !== undefined || initial !== undefined) {
    throw new UsageError('Use either --year and --initial or --imdb-id, not both.');
  }
  return {
    imdbIds: namingSource('--imdb-id', () => [...new Set(imdbId.map((id) => parseImdbId(String(id))))]),
  };
}

async function run(context: CommandContext, input: DownloadInput): Promise<DownloadResult> {
  const { output } = context;
  await announceOtherTmdb(context);
  const connection = await openDownload(processOf(context), input, {
    onKeyUnchecked: output.debug,
    cacheFolder: () => cacheFolder(context),
    onShare: showSharing(output),
    onShareFailed: (reason) =>
      output.debug(`Other downloads on this machine that use the same API key are not noticed: ${reason}`),
  }).catch((error: unknown) => {
    if (!(error instanceof BucketMissingError)) throw error;
    const hint = ' "tdd download --to lake" needs no bucket: it downloads to a directory.';
    throw new UsageError(`${error.message}${hint}`, { cause: error });
  });
  return downloadChoice(context, connection, input).finally(connection.close);
}

/** Shows that downloads share the rate, whenever another one joins. */
function showSharing({ info, debug }: Output): (others: number, requestsPerSecond: number) => void {
  let before = 0;
  return (others, requestsPerSecond) => {
    if (others > before) info(describeSharing(others, requestsPerSecond));
    else if (others === 0) debug('No other download uses the API key any more: this one has the whole rate.');
    else debug(describeSharing(others, requestsPerSecond));
    before = others;
  };
}

function describeSharing(others: number, requestsPerSecond: number): string {
  const who =
    others === 1
      ? 'Another download on this machine uses'
      : `${formatCount(others)} other downloads on this machine use`;
  const rate = Math.round(requestsPerSecond * 10) / 10;
  return `${who} the same API key: this one is limited to ${rate} ${rate === 1 ? 'request' : 'requests'} per second.`;
}

async function downloadChoice(
  context: CommandContext,
  connection: LocalConnection,
  input: DownloadInput,
): Promise<DownloadResult> {
  const { signal, output } = context;
  const index = await openTodaysIndex(context, connection);
  const { rowCounts, firstBadRow } = index;
  if (rowCounts.bad > 0) output.warn(`Skipped ${formatBadRows(rowCounts.bad, firstBadRow)}.`);
  const { targets, withoutPartition } = await findTargets(connection, index, input.choice, { signal });
  const partitions = await downloadWithGrace(context, connection, index, input, targets);
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
    partitions,
    withoutPartition,
    ...(interrupted && { interrupted }),
  };
}

/**
 * Downloads; after Ctrl-C, requests in flight may finish.
 * @throws the error that ended the run: an outage or a rejected API key.
 */
async function downloadWithGrace(
  context: CommandContext,
  connection: DownloadConnection,
  index: PartitionIndex,
  { limit, refresh }: DownloadInput,
  targets: readonly DownloadTarget[],
): Promise<DownloadReport[]> {
  const { signal, output } = context;
  const grace = startAbortGrace(context, GRACE_MS);
  const onStop = () =>
    output.info(
      `Finishing the requests in flight, for ${formatDuration(GRACE_MS / 1_000)} at most; press Ctrl-C again to stop immediately.`,
    );
  signal.addEventListener('abort', onStop, { once: true });
  try {
    const reports = await downloadTargets(connection, index, targets, {
      ...(limit !== undefined && { limit }),
      refresh,
      stop: signal,
      abort: grace.abort,
      onTitleError: showTitleErrors(context),
      watch: (partition) => showDownload(context, partition),
    });
    const problem = reports.at(-1)?.problem;
    if (problem) throw problem;
    return reports;
  } finally {
    grace.end();
    signal.removeEventListener('abort', onStop);
  }
}

/** Shows that a title had an unexpected error; the stacks only with `--verbose`, because there may be many. */
function showTitleErrors({ output }: CommandContext): (imdbId: string, error: unknown) => void {
  let isFirst = true;
  return (imdbId, error) => {
    if (isFirst && !output.verbose) {
      output.warn(
        `The title ${imdbId} failed with an unexpected error: run again with --verbose for its stack.`,
      );
    }
    isFirst = false;
    output.debug(`${imdbId}: ${describeWithStack(error)}`);
  };
}
