import { estimateFleet, type FleetEstimate, learnRates } from '../fleet/estimate.ts';
import { completeFilters, type FleetFilters } from '../fleet/filters.ts';
import { type FleetPlan, planFleet } from '../fleet/plan.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { Connection } from './connection.ts';
import { lookupSettings } from './lookup-settings.ts';
import { readManifestSummaries } from './manifest-summaries.ts';

/** What a launch would send, and what that would take. */
export interface LaunchPreview {
  readonly plan: FleetPlan;
  /** Requests to TMDB, time and money. */
  readonly estimate: FleetEstimate;
}

/**
 * Says what a launch would send, and forecasts it from what the lake has already taught; sends nothing.
 * @param filters as `tdd launch` has them; by default the years from 2000 to this one.
 * @throws {UsageError} for filters that contradict each other, and what the lake throws.
 */
export async function planLaunch(
  connection: Pick<Connection, 'lake' | 'cache' | 'clock' | 'settings'>,
  index: PartitionIndex,
  filters: Partial<FleetFilters> = {},
  options: { readonly signal?: AbortSignal } = {},
): Promise<LaunchPreview> {
  const { settings, clock } = connection;
  const nowMs = clock.now();
  const complete = completeFilters(filters, nowMs);
  const { byPartition: summaries } = await readManifestSummaries(connection, options);
  const asked = lookupSettings(settings);
  const plan = planFleet({ index, filters: complete, settings: asked, summaries, nowMs });
  const rates = learnRates(summaries.values(), asked);
  return { plan, estimate: estimateFleet(plan.partitions, settings, rates) };
}
