/** Uses the package's types as strict consumer code does. A test compiles it; it never runs. */
import {
  type Connection,
  type Counts,
  connect,
  type DamagedDocumentError,
  type DownloadPlanReport,
  type DownloadReport,
  destroy,
  download,
  downloadPlan,
  type ExportReport,
  exportTables,
  type FleetEstimate,
  type FleetStatus,
  followFleet,
  type LakeConnection,
  type LaunchReport,
  launch,
  listMovies,
  listPartitions,
  listReviews,
  type Movie,
  openDestination,
  openIndex,
  openLake,
  type Partition,
  type PartitionIndex,
  type PauseReport,
  pause,
  planDestroy,
  planDownload,
  planLaunch,
  planRedrive,
  type RedriveReport,
  type Review,
  readSettings,
  redrive,
  resume,
  type Settings,
  simulate,
  type TitleState,
} from '../../src/index.ts';

export async function consume(env: Record<string, string | undefined>, signal: AbortSignal): Promise<Counts> {
  const settings: Settings = await readSettings({ env, folder: '..' });
  const bucket: string | undefined = settings.bucketName;
  const connection: Connection = connect(settings, { env });
  const { index, report } = await one(connection, listPartitions(await openToday(connection))[0]);
  const { plan, estimate } = await planLaunch(connection, index, { limit: 3 }, { signal });
  const hours = hoursOf(estimate);
  const sent: LaunchReport = await launch(connection, plan, { onProgress: ({ sent: n }) => void n, signal });
  const status: FleetStatus = await followFleet(connection, { onStatus: ({ phase }) => void phase });
  // @ts-expect-error a key is a string
  const wrong: number = connection.settings.apiKey;
  void [bucket, hours, sent, wrong, report.complete];
  return status.totals.counts;
}

async function openToday(connection: LakeConnection): Promise<PartitionIndex> {
  return openIndex(connection, { onProgress: ({ rows }) => void rows });
}

async function one(
  connection: Connection,
  partition: Partition | undefined,
): Promise<{ index: PartitionIndex; report: DownloadReport }> {
  const index = await openToday(connection);
  return { index, report: await download(connection, index, partition ?? { year: 2004, initial: 'AD' }) };
}

function hoursOf({ seconds, dollars }: FleetEstimate): { hours: number; dollars: number } {
  return { hours: seconds / 3_600, dollars: dollars.total };
}

export function tell(title: TitleState): string {
  return title.state === 'failed' ? title.reason : title.state;
}

export async function readDocuments(signal: AbortSignal): Promise<string[]> {
  const lake = await openLake('s3://films', { env: {} });
  const lines: string[] = [];
  const onDamaged = (error: DamagedDocumentError) => void lines.push(error.key);
  for await (const movie of listMovies(lake, { year: 2004, initial: 'AD' }, { onDamaged, signal })) {
    lines.push(lineOf(movie));
    for await (const review of listReviews(lake, { movieId: movie.id }, { concurrency: 2 })) {
      lines.push(`${review.author}: ${ratingOf(review)}`);
    }
  }
  return lines;
}

function lineOf({ title, release_date, runtime, genres = [], credits }: Movie): string {
  const minutes: number | undefined = runtime;
  const names: string[] = genres.map(({ name }) => name);
  // @ts-expect-error an appended list is not typed
  void credits.cast;
  return `${title.toUpperCase()} ${release_date.slice(0, 4)} ${minutes ?? '?'} ${names.join()}`;
}

function ratingOf({ author_details, created_at }: Review): number | null {
  // @ts-expect-error old reviews have no date
  void created_at.slice(0, 10);
  return author_details?.rating ?? null;
}

export async function downloadIntoDirectory(
  env: Record<string, string | undefined>,
): Promise<DownloadReport> {
  const connection: LakeConnection = connect(await readSettings({ env }), {
    lake: await openLake('./lake', { create: true }),
  });
  // @ts-expect-error a fleet needs the bucket
  void launch(connection);
  return download(connection, await openIndex(connection), { year: 2004, initial: 'AD' });
}

export async function downloadYears(connection: LakeConnection, stop: AbortSignal): Promise<number> {
  const index = await openIndex(connection);
  const { plan, estimate } = await planDownload(connection, index, { minYear: 2020 }, { limit: 100 });
  // @ts-expect-error a directory costs nothing
  void estimate.dollars.total;
  const onProgress = ({ partitions }: { partitions: { complete: number } }) => void partitions.complete;
  const report: DownloadPlanReport = await downloadPlan(connection, index, plan, { onProgress, stop });
  return report.thisRun.found;
}

export async function exportDirectory(signal: AbortSignal): Promise<number> {
  const target = await openDestination('s3://films/tables', { env: {} });
  const onPlan = ({ getDollars = 0 }: { getDollars?: number }) => void getDollars.toFixed(2);
  const options = { format: 'csv', minYear: 2004, onPlan, signal } as const;
  const report: ExportReport = await exportTables({ lake: await openLake('./lake') }, target, options);
  // @ts-expect-error Excel is not a format
  void exportTables({ lake: target }, target, { format: 'xlsx' });
  return report.tables.reviews.rows;
}

export async function controlFleet(connection: Connection): Promise<RedriveReport> {
  const { expiresUntil }: PauseReport = await pause(connection);
  await resume(connection);
  const { run, messageId } = await simulate(connection, { year: 2004, initial: 'AD' });
  void [expiresUntil, run, messageId];
  const { letters } = await planRedrive(connection);
  const report = await redrive(connection, {
    choose: ({ id }) => letters.some((letter) => letter.id === id),
  });
  const { plan } = await planDestroy(connection, { deleteBucket: true });
  // @ts-expect-error the function's name is required
  void destroy(connection, plan, {});
  await destroy(connection, plan, { functionName: 'tmdb-downloader-lambda', bucketName: 'films' });
  return report;
}
