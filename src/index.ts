/**
 * The public API, for notebooks and scripts: the functions that the command line uses. Importing this module does
 * nothing.
 *
 * @example Read a lake. This needs neither settings nor a TMDB API key.
 * const lake = await openLake('./lake'); // or 's3://bucket'
 * for await (const movie of listMovies(lake, { year: 2004, initial: 'AD' })) console.log(movie.title);
 *
 * @example Launch a fleet.
 * const settings = await readSettings({ env: process.env });
 * const connection = connect(settings, { env: process.env });
 * const index = await openIndex(connection);
 * const { plan, estimate } = await planLaunch(connection, index, { limit: 3 });
 * await launch(connection, plan);
 * const status = await followFleet(connection);
 *
 * @module
 */

// Settings, connections and errors.

export {
  type CompleteSettings,
  type Connection,
  connect,
  type LakeConnection,
  openDestination,
  openLake,
  readSettings,
  type SettingPlaces,
} from './app/connection.ts';
export type { Identity } from './aws/clients.ts';
export type { Lookup } from './config/parse-setting.ts';
export type { Settings } from './config/settings.ts';
export { CancelledError, UsageError, UserError } from './errors.ts';
export type { Lake } from './lake/lake.ts';

// The documents of a lake.

export {
  DamagedDocumentError,
  type DocumentFilters,
  type ListOptions,
  listMovies,
  listReviews,
} from './app/list-documents.ts';
export type { Counts, LastRun, Manifest, TitleState } from './download/manifest.ts';
export { readManifest } from './download/manifest-store.ts';
export type { Movie, Review } from './download/stored-documents.ts';
export { movieKey, reviewPrefix } from './lake/keys.ts';

// IMDb's list and its partitions.

export { openIndex } from './app/open-index.ts';
export type { IndexProgress } from './imdb/build-index.ts';
export {
  type IndexedPartition,
  listPartitions,
  type PartitionIndex,
  readPartition,
  type Title,
} from './imdb/partition-index.ts';
export { initialOf } from './imdb/title-partition.ts';
export { type Partition, partitionName } from './partition.ts';

// Downloads from this process.

export { type DownloadOptions, download } from './app/download.ts';
export {
  type DownloadPlanOptions,
  type DownloadPlanProgress,
  type DownloadPlanReport,
  downloadPlan,
} from './app/download-plan.ts';
export {
  type DownloadFilters,
  type DownloadNote,
  type DownloadPlan,
  type DownloadPreview,
  planDownload,
} from './app/plan-download.ts';
export type { DownloadProgress, DownloadReport } from './download/download-report.ts';

// Tables.

export {
  type ExportOptions,
  type ExportPlan,
  type ExportProgress,
  type ExportReport,
  exportTables,
} from './app/export.ts';
export type { ExportFormat } from './tables/formats.ts';
export type { TableName } from './tables/schema.ts';

// The deployment on AWS.

export { applyDeployment, type DeployPreview, planDeploy } from './app/deploy.ts';
export { type DestroyConfirmation, type DestroyPreview, destroy, planDestroy } from './app/destroy.ts';
export type { ApplyOptions, Deployment } from './deploy/apply.ts';
export type { DestroyOptions, DestroyPlan, PlannedDeletion } from './deploy/destroy.ts';
export type { Plan as DeployPlan, PlannedResource } from './deploy/plan.ts';

// The fleet.

export type { DeadLetter, DeadLetterList } from './app/dead-letters.ts';
export { type LaunchNote, type LaunchPreview, launch, planLaunch } from './app/launch.ts';
export {
  planRedrive,
  type RedriveOptions,
  type RedrivePlan,
  type RedriveReport,
  redrive,
} from './app/redrive.ts';
export type { LaunchReport, SendProgress } from './app/send-launch.ts';
export { followRun, type RunEnd, type SentPartition, simulate } from './app/simulate.ts';
export { followFleet, readStatus } from './app/status.ts';
export { type PauseReport, pause, resume, type SwitchReport } from './app/switch.ts';
export {
  type DownloadEstimate,
  estimateFleet,
  type FleetBudget,
  type FleetEstimate,
} from './fleet/estimate.ts';
export type { FleetFilters } from './fleet/filters.ts';
export type { LakeTotals } from './fleet/lake-totals.ts';
export type { FleetPlan, PlannedPartition } from './fleet/plan.ts';
export type { FleetProgress } from './fleet/progress.ts';
export type { Advice, FleetStatus } from './fleet/status.ts';
