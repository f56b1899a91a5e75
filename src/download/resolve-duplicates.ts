import { isRecord, parseExactJson } from '../json.ts';
import { movieKey, reviewPrefix } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import { formatDocument, saveDocuments } from './documents.ts';
import type { KeptTexts } from './kept-texts.ts';
import type { TitleState } from './manifest.ts';

interface DuplicateDeps {
  readonly lake: Lake;
  /** Keeps the texts of the documents that are checked. */
  readonly texts: KeptTexts;
}

type Found = Extract<TitleState, { state: 'found' }>;

/**
 * Resolves IMDb IDs for which TMDB has the same movie. The ID that TMDB's document names owns the documents, or otherwise
 * the smallest ID; the others are marked `duplicateOf` it. The order of writes does not matter: documents that name another
 * owner are rewritten. Without duplicates, which is the usual case, this makes no request.
 * @param titles the title states by IMDb ID.
 * @param options.mayHaveChanged whether the documents of an ID may have been written since its movie got its owner.
 * @param options.resolved the TMDB IDs of movies that this run has given an owner before. They are checked again, because
 *   another run may have found another movie for that owner.
 * @returns the title states to change in the manifest.
 */
export async function resolveDuplicates(
  deps: DuplicateDeps,
  partition: Partition,
  titles: ReadonlyMap<string, TitleState>,
  {
    mayHaveChanged,
    resolved,
  }: { readonly mayHaveChanged: (imdbId: string) => boolean; readonly resolved: Set<number> },
): Promise<Map<string, TitleState>> {
  const changes = new Map<string, TitleState>();
  for (const [tmdbId, group] of groupByMovie(titles, resolved)) {
    const isResolved = [...group.values()].filter((title) => title.duplicateOf === undefined).length === 1;
    if (isResolved && !resolved.has(tmdbId) && ![...group.keys()].some(mayHaveChanged)) continue;
    resolved.add(tmdbId);
    const owner = await giveDocumentsToOwner(deps, partition, tmdbId, group);
    for (const [imdbId, { duplicateOf, ...title }] of group) {
      if (imdbId === owner && duplicateOf !== undefined) changes.set(imdbId, title);
      if (imdbId !== owner && duplicateOf !== owner) changes.set(imdbId, { ...title, duplicateOf: owner });
    }
  }
  return changes;
}

/**
 * Groups found titles that share a movie. A single title forms a group if it is a duplicate whose owner is gone, or if its
 * movie was resolved before.
 */
function groupByMovie(
  titles: ReadonlyMap<string, TitleState>,
  resolved: ReadonlySet<number>,
): [tmdbId: number, Map<string, Found>][] {
  const groups = new Map<number, Map<string, Found>>();
  for (const [imdbId, title] of titles) {
    if (title.state !== 'found') continue;
    const group = groups.get(title.tmdbId);
    if (group) group.set(imdbId, title);
    else groups.set(title.tmdbId, new Map([[imdbId, title]]));
  }
  const isDuplicate = ({ duplicateOf }: Found) => duplicateOf !== undefined;
  const waitsForOwner = ({ duplicateOf = '' }: Found) => titles.get(duplicateOf)?.state === 'failed';
  return [...groups].filter(([tmdbId, group]) => {
    const members = [...group.values()];
    const isShared = members.length > 1 || members.some(isDuplicate) || resolved.has(tmdbId);
    return isShared && !members.every(waitsForOwner);
  });
}

/** Rewrites the documents that do not name the owner. @returns the IMDb ID of the owner. */
async function giveDocumentsToOwner(
  deps: DuplicateDeps,
  partition: Partition,
  tmdbId: number,
  group: ReadonlyMap<string, Found>,
): Promise<string> {
  const imdbIds = [...group.keys()].sort(byNumber);
  const movie = await readJson(deps, movieKey(partition, tmdbId));
  const named = typeof movie?.imdb_id === 'string' && group.has(movie.imdb_id) ? movie.imdb_id : undefined;
  const owner = named ?? imdbIds[0] ?? '';
  // Check every document, since two connections may have written them alternately.
  for await (const { key } of deps.lake.list(reviewPrefix(partition, tmdbId))) {
    await giveDocument(deps, key, { idIMDB: owner });
  }
  await giveDocument(deps, movieKey(partition, tmdbId), { idIMDB: owner, id_imdb: owner });
  return owner;
}

async function giveDocument(
  deps: DuplicateDeps,
  key: string,
  fields: { idIMDB: string; id_imdb?: string },
): Promise<void> {
  const document = await readJson(deps, key);
  if (!document || document.idIMDB === fields.idIMDB) return;
  await saveDocuments(deps, [{ key, text: formatDocument({ ...document, ...fields }) }]);
}

async function readJson(
  { lake, texts }: DuplicateDeps,
  key: string,
): Promise<Record<string, unknown> | undefined> {
  const object = await lake.read(key);
  if (!object) return undefined;
  const text = object.body.toString('utf8');
  // Of two connections that wrote the document at the same time, the other one may have been the last.
  texts.keep(key, text);
  const json = parseExactJson(text);
  return isRecord(json) ? json : undefined; // An older lake may contain truncated documents, which are left unchanged.
}

/** Compares IDs by number, so that `tt0000009` comes before `tt10000000`. */
function byNumber(a: string, b: string): number {
  return Number(a.slice(2)) - Number(b.slice(2));
}
