import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { movieKey } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import { limitReads } from '../lake/limit-reads.ts';
import type { Partition } from '../partition.ts';
import type { KeptTexts } from './kept-texts.ts';
import { instantAfter, type Manifest, type Outcome, type TitleState } from './manifest.ts';
import { hasParts, type Parts } from './manifest-parts.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { OverlappingDownload } from './overlap.ts';
import type { UnreadableDocument } from './part-documents.ts';
import { resolveDuplicates } from './resolve-duplicates.ts';
import { partsAreInLake, writeParts } from './write-parts.ts';

/** The result of {@link finishPartition}. */
interface FinishedPartition {
  readonly saved: Manifest;
  /** The parts that were written and are recorded in the manifest. */
  readonly parts: Parts | undefined;
  /** The IMDb IDs of titles that failed because their documents cannot be read. */
  readonly unreadable: readonly string[];
}

/**
 * After this many saves that other runs have outdated, the parts are left to the next run. (The other runs may be downloading
 * for long.)
 */
const MAX_ROUNDS = 10;

/**
 * Ends a run on a partition: assigns shared documents to one IMDb ID, writes the parts of a complete partition, and then the
 * manifest that records them. If another run has changed the manifest in the meantime, it does so again with the merged
 * titles and with the documents in the lake.
 * @param deps.lake for the parts, until `signal` is aborted; the manifest is then saved without them.
 * @param deps.records the lake for everything else: its calls end some time after `signal` or `failing`.
 * @param deps.failing is aborted when the run has failed.
 * @param run.known the title states by IMDb ID, which are updated.
 * @param options.outcome how the run ended.
 * @param options.isDone whether it has looked up all titles that it had to; only then it writes parts.
 * @throws any error of the lake, after trying to save the manifest.
 */
export async function finishPartition(
  {
    lake,
    records,
    clock,
    share,
    failing,
  }: {
    readonly lake: Lake;
    readonly records: Lake;
    readonly clock: Clock;
    readonly share: OverlappingDownload;
    readonly failing: Pick<AbortController, 'abort'>;
  },
  {
    partition,
    known,
    manifest,
  }: {
    readonly partition: Partition;
    readonly known: Map<string, TitleState>;
    readonly manifest: ManifestWriter;
  },
  options: {
    readonly outcome: Exclude<Outcome, 'running'>;
    readonly isDone: boolean;
    readonly signal: AbortSignal;
  },
): Promise<FinishedPartition> {
  const { isDone, signal } = options;
  let { outcome } = options;
  const { texts, composing } = share;
  const limited = limitReads(lake, share.reads);
  let parts: Parts | undefined;
  const unreadable = new Set<string>();
  const resolvedMovies = new Set<number>();
  const saved = await finish(1);
  // Another run may have outdated them since.
  const isRecorded = parts !== undefined && isDeepStrictEqual(saved.parts, parts);
  return { saved, parts: isRecorded ? parts : undefined, unreadable: [...unreadable] };

  /** @param merged the manifest that the round before has saved; it is saved again only if something changes. */
  async function finish(round: number, merged?: Manifest): Promise<Manifest> {
    const { written, isChanged } = await prepare(round).catch(saveAndThrow);
    if (merged && !isChanged) return merged;
    const saved = await manifest.save(outcome, written);
    // Two runs that end at the same time compose the same parts from the lake.
    const isAgreed = round > 1 && written !== undefined && isDeepStrictEqual(saved.manifest.parts, written);
    return saved.isMerged && !isAgreed ? finish(round + 1, saved.manifest) : saved.manifest;
  }

  async function prepare(round: number): Promise<{ written: Parts | undefined; isChanged: boolean }> {
    let current: Manifest | undefined;
    // Outdated titles include those of a run that was killed before it recorded them.
    const mayHaveChanged = (imdbId: string) => {
      current ??= manifest.current(); // Only for shared movies, which are rare.
      return current.parts?.outdated?.includes(imdbId) ?? current.parts === undefined;
    };
    const changes = await resolveDuplicates({ lake: records, texts }, partition, known, {
      mayHaveChanged,
      resolved: resolvedMovies,
    });
    for (const [imdbId, title] of changes) known.set(imdbId, title);
    const before = { failed: unreadable.size, outcome };
    const written = isDone ? await updateParts(round) : undefined;
    parts = written ?? parts;
    const isChanged =
      changes.size > 0 ||
      written !== undefined ||
      unreadable.size > before.failed ||
      outcome !== before.outcome;
    return { written, isChanged };
  }

  /** @returns the parts, if they had to be written and could be. */
  async function updateParts(round: number): Promise<Parts | undefined> {
    const current = manifest.current();
    if (!current.complete) return undefined;
    return composing.run(() => updatePartsNow(round, current), countTitlesToRead());
  }

  async function updatePartsNow(round: number, current: Manifest): Promise<Parts | undefined> {
    try {
      if (hasParts(current) && (await partsAreInLake({ lake: limited }, current, { signal })))
        return undefined;
      if (round > MAX_ROUNDS) {
        outcome = 'stopped';
        return undefined;
      }
      const written = await writeParts(
        { lake: limited, texts: keptTexts() },
        { partition, titles: Object.entries(current.titles), parts: current.parts },
        { signal },
      );
      if ('parts' in written) return written.parts;
      written.unreadable.forEach(markAsFailed);
    } catch (error) {
      if (!signal.aborted) throw error;
      outcome = 'stopped';
    }
    return undefined;
  }

  function keptTexts(): KeptTexts | undefined {
    return manifest.isShared() ? undefined : texts;
  }

  /** The number of titles whose documents, or whose lines in the parts, must be read and kept in memory. */
  function countTitlesToRead(): number {
    const kept = keptTexts();
    const isFound = (title: TitleState) =>
      title.state === 'found' && kept?.get(movieKey(partition, title.tmdbId)) === undefined;
    return [...known.values()].filter(isFound).length;
  }

  function markAsFailed({ imdbId, reason }: UnreadableDocument): void {
    const at = instantAfter(known.get(imdbId), clock.now());
    known.set(imdbId, { state: 'failed', reason, tries: 1, at });
    unreadable.add(imdbId);
    outcome = 'failedTitles';
  }

  async function saveAndThrow(error: unknown): Promise<never> {
    failing.abort(error);
    await manifest.save('error').catch(() => undefined);
    throw error;
  }
}
