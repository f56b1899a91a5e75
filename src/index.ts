/**
 * The public API, for notebooks and scripts. `connect` makes what most other functions take first; importing this
 * module does nothing.
 *
 * @example
 * const settings = await readSettings({ env: process.env });
 * const connection = connect(settings, { env: process.env });
 * const index = await openIndex(connection);
 * const { plan, estimate } = await planLaunch(connection, index, { limit: 3 });
 * await launch(connection, plan);
 * const status = await followFleet(connection);
 *
 * @module
 */

// Settings and connection.
export {
  type CompleteSettings,
  type Connection,
  connect,
  readSettings,
  type SettingPlaces,
} from './app/connection.ts';
// What is on AWS.
export { applyDeployment, type DeployPreview, planDeploy } from './app/deploy.ts';
// Downloads, and what came of them.
export { type DownloadOptions, download } from './app/download.ts';
// The fleet.
export { type LaunchNote, type LaunchPreview, launch, planLaunch } from './app/launch.ts';
// IMDb's list and its partitions.
export { openIndex } from './app/open-index.ts';
export type { LaunchReport, SendProgress } from './app/send-launch.ts';
export { followFleet, readStatus } from './app/status.ts';
export type { Identity } from './aws/clients.ts';
export type { Lookup } from './config/parse-setting.ts';
export type { Settings } from './config/settings.ts';
export type { ApplyOptions, Deployment } from './deploy/apply.ts';
export type { Plan as DeployPlan, PlannedResource } from './deploy/plan.ts';
export type { DownloadProgress, DownloadReport } from './download/download-partition.ts';
export type { Counts, LastRun, Manifest, TitleState } from './download/manifest.ts';
export { readManifest } from './download/manifest-store.ts';
export { CancelledError, UsageError, UserError } from './errors.ts';
export { estimateFleet, type FleetBudget, type FleetEstimate } from './fleet/estimate.ts';
export type { FleetFilters } from './fleet/filters.ts';
export type { FleetPlan, PlannedPartition } from './fleet/plan.ts';
export type { Advice, FleetProgress, FleetStatus, LakeTotals } from './fleet/status.ts';
export type { IndexProgress } from './imdb/build-index.ts';
export {
  type IndexedPartition,
  listPartitions,
  type PartitionIndex,
  readPartition,
  type Title,
} from './imdb/partition-index.ts';
export { initialOf } from './imdb/title-partition.ts';
export { movieKey, reviewPrefix } from './lake/keys.ts';
export type { Lake } from './lake/lake.ts';
export { type Partition, partitionName } from './partition.ts';
