import { type DownloadPlanProgress, downloadPlan } from '../app/download-plan.ts';
import type { LocalConnection, PlanConnection } from '../app/open-download.ts';
import { type DownloadFilters, type DownloadPreview, planDownload } from '../app/plan-download.ts';
import type { Settings } from '../config/settings.ts';
import { type FleetFilters, launchCommand } from '../fleet/filters.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { LakeLocation } from '../lake/open-lake.ts';
import { formatCount, formatNumberOf } from '../text.ts';
import { askConsent, showPlan } from './consent.ts';
import type { CommandContext } from './context.ts';
import { type DownloadPlanResult, formatDownloadPlan } from './format-download-plan.ts';
import { describeWork } from './format-work.ts';
import { describeSharing, downloadWithGrace } from './run-download.ts';
import { openTodaysIndex, showDownload, showManifestReading } from './show-progress.ts';

/** The input of `tdd download` with filters. */
export interface DownloadPlanInput {
  readonly settings: Settings;
  readonly location: LakeLocation;
  readonly filters: DownloadFilters;
  readonly limit: number | undefined;
}

/** Plans the download of the partitions that the filters choose. */
export async function previewDownload(
  context: CommandContext,
  connection: PlanConnection,
  { filters, limit }: DownloadPlanInput,
): Promise<{
  readonly index: PartitionIndex;
  readonly preview: DownloadPreview;
  readonly result: DownloadPlanResult;
}> {
  const index = await openTodaysIndex(context, connection);
  const show = showManifestReading(context);
  const preview = await planDownload(connection, index, filters, {
    ...(limit !== undefined && { limit }),
    signal: context.signal,
    onProgress: show.update,
  }).finally(show.end);
  const { plan, upToDate, partsOnly, estimate, notes } = preview;
  const result = {
    lake: connection.lake.url,
    ...describeWork(plan, plan.partitions),
    ...(limit !== undefined && { limit }),
    ...(plan.beyondLimit !== undefined && { beyondLimit: plan.beyondLimit }),
    requestsPerSecond: connection.settings.requestsPerSecond,
    planned: plan.partitions.length,
    upToDate,
    partsOnly,
    estimate,
    notes: notes.map(({ text }) => text),
    partitions: [],
  };
  return { index, preview, result };
}

/**
 * Shows the plan, asks for consent, and downloads.
 * @throws {CancelledError} when the user declines.
 * @throws the error that ended the run: an outage, a rejected API key, or an error of the lake.
 */
export async function runDownloadPlan(
  context: CommandContext,
  connection: LocalConnection,
  input: DownloadPlanInput,
): Promise<DownloadPlanResult> {
  const { others, requestsPerSecond } = await connection.forecastRate();
  const shared = { ...connection, settings: { ...connection.settings, requestsPerSecond } };
  const { index, preview, result: all } = await previewDownload(context, shared, input);
  const sharing = others > 0 ? [describeSharing(others, requestsPerSecond)] : [];
  const result = { ...all, notes: [...all.notes, ...sharing] };
  const { plan } = preview;
  if (plan.partitions.length === 0) return result;
  const what = `${formatNumberOf(plan.left, 'title')} in ${formatNumberOf(plan.partitions.length, 'partition')}`;
  showPlan(context, formatDownloadPlan(result, context.output.style));
  await askConsent(context, `Download ${what} from this machine?`, 'Cancelled: no movies were downloaded.');

  const show = showDownload(context, what);
  let latest: DownloadPlanProgress | undefined;
  const onProgress = (progress: DownloadPlanProgress) => {
    latest = progress;
    show.update(progress);
  };
  try {
    const { incomplete, problem, ...report } = await downloadWithGrace(context, (control) =>
      downloadPlan(connection, index, plan, { ...control, onProgress }),
    );
    if (problem) throw problem;
    show.end();
    const interrupted = context.signal.aborted && report.outcome === 'stopped';
    if (interrupted) context.output.info('Interrupted: run the same command again to resume.');
    const { failed } = report.thisRun;
    return {
      ...result,
      report,
      partitions: incomplete,
      ...(failed > 0 && { retry: retryCommand(plan.filters, context.clock.now()) }),
      ...(interrupted && { interrupted }),
    };
  } catch (error) {
    show.end();
    const done = `${formatCount(latest?.done ?? 0)} of ${formatNumberOf(latest?.total ?? plan.left, 'title')}`;
    context.output.warn(`The download ended after ${done}: run the same command again to resume.`);
    throw error;
  } finally {
    show.end();
  }
}

/** Returns the command that looks up the failed titles again, without `--to`. */
function retryCommand({ minYear, maxYear, initial }: FleetFilters, nowMs: number): string {
  const filters = {
    minYear,
    maxYear,
    ...(initial !== undefined && { initial }),
    onlyMissing: false,
    failed: true,
  };
  return launchCommand(filters, nowMs, 'tdd download');
}
