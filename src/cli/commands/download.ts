import {
  choosePartition,
  chooseTitles,
  type DownloadTarget,
  type TitleWithoutPartition,
} from '../../app/download-targets.ts';
import { utcDay } from '../../clock.ts';
import type { Settings } from '../../config/settings.ts';
import type { DownloadReport } from '../../download/download-partition.ts';
import { UsageError } from '../../errors.ts';
import type { PartitionIndex } from '../../imdb/partition-index.ts';
import { parseImdbId } from '../../imdb-id.ts';
import type { Lake } from '../../lake/lake.ts';
import type { LakeLocation } from '../../lake/open-lake.ts';
import { type Partition, parseInitial, parseYear, partitionName } from '../../partition.ts';
import { createRunId } from '../../run-id.ts';
import type { TmdbClient } from '../../tmdb/client.ts';
import { defineCommand, type Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { startGracePeriod } from '../grace-period.ts';
import { openLakeAt, readLakeLocation } from '../lake-location.ts';
import type { Style } from '../output.ts';
import { parseCount } from '../parse-count.ts';
import { readIndex } from '../read-index.ts';
import { showDownload } from '../show-download.ts';
import { connectTmdb } from '../tmdb-connection.ts';

/** What `tdd download` was told. */
export interface DownloadInput {
  readonly settings: Settings;
  readonly apiKey: string;
  readonly location: LakeLocation;
  readonly what: { readonly partition: Partition } | { readonly imdbIds: readonly string[] };
  readonly limit: number | undefined;
  readonly refresh: boolean;
}

/** What `tdd download` did. */
export interface DownloadResult {
  readonly lake: string;
  readonly snapshot: string;
  /** A partition each. */
  readonly partitions: readonly DownloadReport[];
  /** IMDb ids asked for that have no partition, with the reason. */
  readonly withoutPartition: readonly TitleWithoutPartition[];
}

/** `tdd download`: the downloader, here. */
export const download = defineCommand<DownloadInput, DownloadResult>({
  description:
    'Downloads the movies and reviews of a partition, or of single IMDb ids, from this machine: the same ' +
    'downloader that the Lambda workers run. What the lake has already is skipped; Ctrl-C finishes what is in ' +
    'flight, and the next run goes on where this one stood.',
  settings: [
    'bucketName',
    'apiKey',
    'language',
    'reviewLanguage',
    'lookup',
    'append',
    'requestsPerSecond',
    'titleTypes',
  ],
  declare: (command) =>
    command
      .option('--year <YYYY>', "the partition's year")
      .option('--initial <II>', "the partition's initial: AD, 50, A_ …")
      .option('--imdb-id <ttID>', 'a single title; can be given more than once', collect)
      .option('--to <PLACE>', 'the lake: a directory or s3://bucket (default: the bucket of the settings)')
      .option('--limit <N>', 'download at most N titles')
      .option('--refresh', 'download again what the lake has already')
      .addHelpText(
        'after',
        '\nExamples:\n  tdd download --year 2004 --initial AD --to lake\n  tdd download --imdb-id tt0133093 --imdb-id tt0137523',
      ),
  readInput,
  run,
  format,
  exitCode: ({ partitions, withoutPartition }) =>
    withoutPartition.length > 0 || partitions.some(({ outcome }) => outcome === 'failedTitles') ? 1 : 0,
});

async function readInput(context: CommandContext, flags: Flags): Promise<DownloadInput> {
  const what = readWhat(flags);
  const limit = flags.limit === undefined ? undefined : parseCount(String(flags.limit), '--limit');
  const settings = await context.readSettings();
  const location = await readLakeLocation(context, settings, flags.to);
  const apiKey = await context.requireSetting(settings, 'apiKey');
  return { settings, apiKey, location, what, limit, refresh: flags.refresh === true };
}

function readWhat(flags: Flags): DownloadInput['what'] {
  const { year, initial, imdbId } = flags;
  const byPartition = year !== undefined || initial !== undefined;
  if (Array.isArray(imdbId)) {
    if (byPartition) throw new UsageError('Give either --year and --initial or --imdb-id, not both.');
    return { imdbIds: [...new Set(imdbId.map((id) => parseImdbId(String(id))))] };
  }
  if (year === undefined || initial === undefined) {
    throw new UsageError('Say what to download: --year and --initial together, or --imdb-id.');
  }
  return { partition: { year: parseYear(year), initial: parseInitial(initial) } };
}

async function run(context: CommandContext, input: DownloadInput): Promise<DownloadResult> {
  const { settings, what } = input;
  const tmdb = await connectTmdb(context, input);
  const lake = await openLakeAt(context, input.location);
  const snapshot = utcDay(context.clock.now());
  const index = await readIndex(context, { lake, settings, day: snapshot });
  const { jobs, withoutPartition } =
    'partition' in what
      ? { jobs: [await choosePartition(index, what.partition)], withoutPartition: [] }
      : await chooseTitles({ lake, signal: context.signal }, index, what.imdbIds);
  const partitions = await downloadJobs(context, { lake, tmdb, index }, input, jobs);
  const isLeft = partitions.length < jobs.length || partitions.some(({ outcome }) => outcome === 'stopped');
  if (context.signal.aborted && isLeft) {
    context.output.info(
      input.refresh
        ? 'Stopped: with --refresh the same command fetches everything again.'
        : 'Stopped: the same command goes on from here.',
    );
  }
  return { lake: lake.url, snapshot, partitions, withoutPartition };
}

/** Downloads one partition after the other. @throws the outage or the refused key that ended one of them. */
async function downloadJobs(
  context: CommandContext,
  { lake, tmdb, index }: { lake: Lake; tmdb: TmdbClient; index: PartitionIndex },
  { settings, limit, refresh }: DownloadInput,
  jobs: readonly DownloadTarget[],
): Promise<DownloadReport[]> {
  const { clock, signal } = context;
  const { lookup, language, reviewLanguage, append } = settings;
  const { downloadPartition } = await import('../../download/download-partition.ts');
  const { readPartition } = await import('../../imdb/partition-index.ts');
  const now = clock.now();
  const common = {
    snapshot: index.snapshot,
    settings: { lookup, language, reviewLanguage, append },
    run: createRunId(now, Math.random),
    redoBefore: refresh ? new Date(now).toISOString() : undefined,
  };
  const reports: DownloadReport[] = [];
  const grace = startGracePeriod(context);
  const onStop = () => context.output.info('Finishing what is in flight; Ctrl-C again ends at once.');
  signal.addEventListener('abort', onStop, { once: true });
  try {
    for (const job of jobs) {
      const done = reports.reduce((sum, { thisRun }) => sum + thisRun.done, 0);
      const left = limit === undefined ? undefined : limit - done;
      if (signal.aborted || left === 0) break;
      const titles = await readPartition({ lake, signal }, index, job.partition);
      const show = showDownload(context, job.partition);
      const report = await downloadPartition(
        { lake, tmdb, clock },
        { ...common, ...job, titles, limit: left },
        { onProgress: show.update, stop: signal, abort: grace.abort },
      ).finally(show.end);
      reports.push(report);
      if (report.problem) throw report.problem;
    }
  } finally {
    grace.end();
    signal.removeEventListener('abort', onStop);
  }
  return reports;
}

function format({ lake, partitions, withoutPartition }: DownloadResult, style: Style): string {
  const lines = partitions.map((report) => {
    const { thisRun, counts } = report;
    const mark =
      thisRun.failed > 0
        ? style.red('✖')
        : report.outcome === 'stopped'
          ? style.yellow('…')
          : style.green('✔');
    const now = [
      `${thisRun.found} found`,
      `${thisRun.notFound} not found`,
      ...(thisRun.refused > 0 ? [`${thisRun.refused} refused`] : []),
      `${thisRun.failed} failed`,
      `${thisRun.reviews} reviews`,
      `${thisRun.requests} requests`,
      `${report.seconds.toFixed(1)} s`,
    ].join(', ');
    const whole = report.complete
      ? 'complete'
      : `${counts.found + counts.notFound + counts.refused} of ${counts.titles} titles done so far`;
    const skipped =
      report.skipped > 0 ? `, ${report.skipped} skipped (settled before, or not asked for)` : '';
    return `${mark} ${style.bold(partitionName(report.partition))}  ${now}${skipped}; ${whole}.`;
  });
  const reasons = withoutPartition.map(({ imdbId, reason }) => `${style.red('✖')} ${imdbId}: ${reason}.`);
  const folders = partitions.map(
    ({ partition: { year, initial } }) => `  ${lake}/tmdb/{movies,reviews}/year-${year}/initial-${initial}/`,
  );
  return [...lines, ...reasons, ...(folders.length > 0 ? ['Documents:', ...folders] : [])].join('\n');
}

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}
