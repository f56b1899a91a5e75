import type { Manifest } from '../../download/manifest.ts';
import type { PartDocument, PartDocuments } from '../../download/part-documents.ts';
import { isRecord, parseJson } from '../../json.ts';
import { parseDocumentKey } from '../../lake/keys.ts';
import type { TitleRecord } from '../../tables/rows.ts';

/** A title of an export, without IMDb's name for it. */
export interface ExportedTitle {
  readonly imdbId: string;
  readonly state: TitleRecord;
}

/**
 * Returns those keys of documents whose movie no found title of a manifest names: in lakes of the earlier Python tool, movies
 * that the incomplete manifest does not know yet.
 */
export function findUnnamed(keys: readonly string[], { titles }: Pick<Manifest, 'titles'>): string[] {
  const named = new Set<number | undefined>();
  for (const title of Object.values(titles)) if (title.state === 'found') named.add(title.tmdbId);
  return keys.filter((key) => !named.has(parseDocumentKey(key)?.tmdbId));
}

/**
 * Whether a manifest explains why a movie no longer belongs to its title: TMDB has renumbered or deleted it, or IMDb has moved
 * the title to another partition.
 */
export function isSuperseded(line: string, { titles }: Pick<Manifest, 'titles'>): boolean {
  const imdbId = imdbIdOf(parseJson(line));
  const title = imdbId !== undefined && Object.hasOwn(titles, imdbId) ? titles[imdbId] : undefined;
  return title !== undefined && title.state !== 'failed';
}

function imdbIdOf(movie: unknown): string | undefined {
  if (!isRecord(movie)) return undefined;
  return [movie.idIMDB, movie.id_imdb].find((id) => typeof id === 'string');
}

/** Sorts documents that no manifest describes into tables, each in the order of a part. */
export function sortDocuments(keys: readonly string[]): PartDocuments {
  const movies: (PartDocument & { readonly tmdbId: number })[] = [];
  const reviews: (PartDocument & { readonly tmdbId: number })[] = [];
  for (const key of keys) {
    const tmdbId = parseDocumentKey(key)?.tmdbId;
    if (tmdbId === undefined) continue;
    const reviewId = /-review-(\w+)\.json$/.exec(key)?.[1];
    if (reviewId === undefined) movies.push({ imdbId: '', key, id: tmdbId, tmdbId });
    else reviews.push({ imdbId: '', key, id: reviewId, tmdbId });
  }
  return {
    movies: movies.sort((a, b) => a.tmdbId - b.tmdbId),
    reviews: reviews.sort((a, b) => a.tmdbId - b.tmdbId || (a.id < b.id ? -1 : 1)),
  };
}

/** Creates the titles of movies without a manifest: each is found, and nothing records when. */
export function titlesOfMovies(lines: readonly string[], { reviews }: PartDocuments): ExportedTitle[] {
  const reviewCounts = new Map<number | undefined, number>();
  for (const { key } of reviews) {
    const tmdbId = parseDocumentKey(key)?.tmdbId;
    reviewCounts.set(tmdbId, (reviewCounts.get(tmdbId) ?? 0) + 1);
  }
  const titles = lines.flatMap((line) => {
    const movie = parseJson(line);
    if (!isRecord(movie)) return [];
    const imdbId = imdbIdOf(movie);
    const tmdbId = Number(movie.id);
    const state = { state: 'found', tmdbId, reviews: reviewCounts.get(tmdbId) ?? 0, at: '' };
    return imdbId === undefined ? [] : { imdbId, state };
  });
  return sortTitles(titles);
}

/** Sorts titles by ID: `tt0000009` comes before `tt10000000`. */
export function sortTitles(titles: readonly ExportedTitle[]): ExportedTitle[] {
  return titles.toSorted(
    ({ imdbId: a }, { imdbId: b }) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0),
  );
}
