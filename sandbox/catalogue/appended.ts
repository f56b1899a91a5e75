import { createRandom } from '../random.ts';
import { makeReviewDocuments, pageOf } from './review-documents.ts';
import type { JsonObject, TmdbMovie } from './tmdb-movie.ts';

/**
 * What `append_to_response=NAME` adds to a movie's details under the same name, or `undefined` for a name that
 * TMDB does not know (it leaves those out silently). Appended reviews are the first page, without an `id`.
 */
export function makeAppended(movie: TmdbMovie, name: string, language = 'en-US'): JsonObject | undefined {
  const random = createRandom(`${movie.seed}/${name}`);
  switch (name) {
    case 'reviews':
      return pageOf(makeReviewDocuments(movie, language), 1);
    case 'credits':
      return {
        cast: [{ id: random.int(1, 90_000), name: 'Mara Quill', character: 'The Pilot', order: 0 }],
        crew: [{ id: random.int(1, 90_000), name: 'João d’Água', department: 'Directing', job: 'Director' }],
      };
    case 'keywords':
      return { keywords: [{ id: random.int(1, 9_000), name: 'ferry' }] };
    case 'external_ids':
      return { imdb_id: movie.imdbId, wikidata_id: `Q${random.int(1, 90_000)}`, facebook_id: null };
    case 'alternative_titles':
      return { titles: [{ iso_3166_1: 'DE', title: `${movie.title} (2)`, type: '' }] };
    case 'videos':
      return { results: [] };
    default:
      return undefined;
  }
}
