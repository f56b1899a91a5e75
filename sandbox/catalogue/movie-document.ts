import { createRandom, type Random } from '../random.ts';
import { changeMovie } from './awkward-documents.ts';
import { makeReviewDocuments, pageOf } from './review-documents.ts';
import type { Json, JsonObject, TmdbMovie } from './tmdb-movie.ts';

/** TMDB's movie genres by ID (GET /3/genre/movie/list). */
const GENRES = [
  { id: 28, name: 'Action' },
  { id: 35, name: 'Comedy' },
  { id: 99, name: 'Documentary' },
  { id: 18, name: 'Drama' },
  { id: 27, name: 'Horror' },
  { id: 53, name: 'Thriller' },
  { id: 10749, name: 'Romance' },
];
const OVERVIEWS = [
  'A ferry pilot finds a letter that was never sent.',
  'Two sisters inherit a lighthouse – and the debts that came with it. "Leave the lamp on," it says.',
  'Ein Dorf am Ende der Straße; ein Sommer, der nicht vergeht. 🌞',
  'A retired violin maker\tis asked for one last repair.\r\n\r\nNobody says for whom.',
  '',
];

/** Creates the response to `GET /3/movie/{id}` with nothing appended. */
export function makeMovieDocument(movie: TmdbMovie, language = 'en-US'): JsonObject {
  const random = createRandom(`${movie.seed}/details`);
  const english = language.startsWith('en');
  const genres = drawGenres(random);
  const document = {
    adult: false,
    backdrop_path: image(random),
    belongs_to_collection: random.chance(0.05) ? collection(random) : null,
    budget: random.chance(0.2) ? random.int(1, 90) * 1_000_000 : 0,
    genres,
    // TMDB returns both null and an empty string for a missing value (docs/tmdb.md, Movie details).
    homepage: random.pick(['', '', null, `https://film-${random.hex(6)}.example/`]),
    id: movie.tmdbId,
    imdb_id: movie.imdbId,
    origin_country: [random.pick(['US', 'FR', 'IN', 'JP', 'BR'])],
    original_language: movie.language,
    original_title: movie.originalTitle,
    // Without a translation the text is empty.
    overview: english ? random.pick(OVERVIEWS) : '',
    popularity: Number((random.next() * 20).toFixed(4)),
    poster_path: image(random),
    production_companies: random.chance(0.5) ? [company(random)] : [],
    production_countries: [{ iso_3166_1: 'US', name: 'United States of America' }],
    release_date: releaseDate(movie, random),
    revenue: 0,
    runtime: random.pick([0, 74, 88, 90, 93, 101, 117, 139]),
    softcore: false,
    spoken_languages: [{ english_name: 'English', iso_639_1: 'en', name: 'English' }],
    status: random.pick(['Released', 'Released', 'Released', 'In Production']),
    tagline: english && random.chance(0.3) ? 'Some doors only open inward.' : '',
    title: movie.title,
    video: random.chance(0.02),
    vote_average: Number((random.next() * 10).toFixed(3)),
    vote_count: random.int(0, 9_000),
  };
  return changeMovie(document, movie);
}

/** The fields of a list entry in TMDB's order. It has no imdb_id, runtime or genres, but genre_ids. */
const LISTED = [
  'adult',
  'backdrop_path',
  'id',
  'title',
  'original_title',
  'overview',
  'poster_path',
  'media_type',
  'original_language',
  'genre_ids',
  'popularity',
  'release_date',
  'softcore',
  'video',
  'vote_average',
  'vote_count',
];

/** Creates the movie's entry in `movie_results` of `GET /3/find`. */
export function makeFindRow(movie: TmdbMovie, language = 'en-US'): JsonObject {
  const details = makeMovieDocument(movie, language);
  const all: JsonObject = { ...details, media_type: 'movie', genre_ids: genreIds(details) ?? null };
  return Object.fromEntries(LISTED.map((name) => [name, all[name] ?? null]));
}

/** Returns the genre IDs of a details document in order, null for a genre without one; nothing without a list of genres. */
export function genreIds({ genres }: JsonObject): Json[] | undefined {
  if (!Array.isArray(genres)) return undefined;
  const isObject = (genre: Json): boolean =>
    typeof genre === 'object' && genre !== null && !Array.isArray(genre);
  return genres.filter(isObject).map((genre: JsonObject) => genre.id ?? null);
}

function drawGenres(random: Random): JsonObject[] {
  const first = random.int(0, GENRES.length - 1);
  return GENRES.slice(first, first + random.int(0, 3));
}

function image(random: Random): string | null {
  return random.chance(0.8) ? `/${random.hex(27)}.jpg` : null;
}

function collection(random: Random): JsonObject {
  const path = image(random);
  return { id: random.int(1, 9_999), name: 'The Harbour Collection', poster_path: path, backdrop_path: path };
}

function company(random: Random): JsonObject {
  return {
    id: random.int(1, 9_999),
    logo_path: image(random),
    name: 'Lantern Pictures',
    origin_country: 'US',
  };
}

function releaseDate(movie: TmdbMovie, random: Random): string {
  if (movie.year === null || random.chance(0.02)) return '';
  const [month, day] = [random.int(1, 12), random.int(1, 28)];
  return `${movie.year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/**
 * Creates the data that `append_to_response=NAME` adds to a movie's details under the same name, or `undefined` for a
 * name that TMDB does not know and silently omits. Appended reviews are the first page, without an `id`.
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
