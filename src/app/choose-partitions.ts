import type { Clock } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import type { Work } from '../fleet/estimate.ts';
import { completeFilters, type FleetFilters } from '../fleet/filters.ts';
import type { ManifestSummaries } from '../fleet/manifest-summary.ts';
import { countDocumentsToRead, lacksParts } from '../fleet/missing-parts.ts';
import { learnRates, type MovieRates } from '../fleet/movie-rates.ts';
import { type FleetPlan, type PlannedPartition, planFleet } from '../fleet/plan.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { MOVIE_PREFIX } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import { checkSource, lakeSource } from '../lake/source.ts';
import { partitionName } from '../partition.ts';
import { formatNumberOf } from '../text.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import { type ReadProgress, readManifestSummaries, type SummaryCache } from './manifest-summaries.ts';

/** What a choice of partitions depends on. */
export interface ChoiceDeps {
  readonly lake: Lake;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly cache?: SummaryCache | undefined;
}

/** The partitions that match the filters, and the manifests of the lake. */
export interface ChosenPartitions extends Pick<ManifestSummaries, 'newer'> {
  readonly plan: FleetPlan;
  readonly summaries: ManifestSummaries['byPartition'];
}

/**
 * Chooses partitions for a launch or a local download. It writes nothing.
 * @throws {UsageError} for filters that contradict each other, or when the settings have another source than the lake; any
 *   error of the lake.
 */
export async function choosePartitions(
  deps: ChoiceDeps,
  index: PartitionIndex,
  filters: Partial<FleetFilters>,
  options: {
    readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ChosenPartitions> {
  const { lake, clock, settings } = deps;
  const complete = completeFilters(filters, clock.now());
  await checkSource({ lake }, lakeSource(settings), options);
  const { byPartition: summaries, newer } = await readManifestSummaries(deps, options);
  const nowMs = clock.now();
  const plan = planFleet({ index, filters: complete, settings: lookupSettings(settings), summaries, nowMs });
  return { plan, summaries, newer };
}

/** The work on some of the chosen partitions, as `estimateFleet` and `estimateDownload` need it. */
export function measureWork(
  partitions: readonly PlannedPartition[],
  { plan: { settings }, summaries }: Pick<ChosenPartitions, 'plan' | 'summaries'>,
): {
  readonly work: readonly Work[];
  readonly rates: MovieRates;
  /** How many partitions are complete and only lack their parts. */
  readonly partsOnly: number;
} {
  const summaryOf = (partition: PlannedPartition) => summaries.get(partitionName(partition));
  return {
    work: partitions.map((partition) => ({
      left: partition.left,
      documentsToRead: countDocumentsToRead(summaryOf(partition), settings),
    })),
    rates: learnRates(summaries.values(), settings),
    partsOnly: partitions.filter((partition) => partition.left === 0 && lacksParts(summaryOf(partition)))
      .length,
  };
}

/** A note about the lake, to read before a launch or a local download. */
export interface LakeNote {
  /**
   * `noManifests`: the lake has movies but no manifests; `partsOnly`: partitions only lack their parts; `vacated`: the list
   * no longer has partitions.
   */
  readonly about: 'noManifests' | 'partsOnly' | 'vacated';
  /** One sentence, or two short ones. */
  readonly text: string;
}

/**
 * Collects the notes about the lake.
 * @param options.kind what downloads.
 * @param options.partsWritten who writes missing parts, as the end of a sentence.
 */
export async function noteLakeState(
  { lake }: { readonly lake: Lake },
  { plan, summaries, partsOnly }: ChosenPartitions & { readonly partsOnly: number },
  { kind, partsWritten }: { readonly kind: 'launch' | 'download'; readonly partsWritten: string },
): Promise<LakeNote[]> {
  const notes: LakeNote[] = [];
  if (plan.left > 0 && (await lacksManifests({ lake }, summaries))) {
    notes.push({
      about: 'noManifests',
      text: `This lake has movies but no manifests, which record what was downloaded: this first ${kind} downloads everything again.`,
    });
  }
  if (partsOnly > 0) {
    const what = formatNumberOf(partsOnly, 'partition');
    notes.push({
      about: 'partsOnly',
      text: `${what} ${partsOnly === 1 ? 'is' : 'are'} complete but ${partsOnly === 1 ? 'has' : 'have'} no parts, which make exports fast: ${partsWritten}`,
    });
  }
  const vacated = plan.partitions.filter(({ titles }) => titles === 0).length;
  if (vacated > 0) {
    notes.push({
      about: 'vacated',
      text: `IMDb's list no longer has titles in ${formatNumberOf(vacated, 'partition')} of this lake, so tables will no longer have their movies. The documents stay in the lake.`,
    });
  }
  return notes;
}

/** Whether the lake has movies but no manifests, as the earlier Python tool leaves it. */
async function lacksManifests(
  { lake }: { readonly lake: Lake },
  summaries: ChosenPartitions['summaries'],
): Promise<boolean> {
  if (summaries.size > 0) return false;
  for await (const _ of lake.list(MOVIE_PREFIX)) return true;
  return false;
}
