import { createRandom, type Random } from '../random.ts';
import { changeReview } from './awkward-documents.ts';
import type { JsonObject, TmdbMovie } from './tmdb-movie.ts';

/** Reviews per page (docs/tmdb.md, Reviews). */
export const PAGE_SIZE = 20;

const SENTENCES = [
  'The second half drags, but the harbour scenes are worth the ticket.',
  "I didn't expect to like it — and then I watched it twice.",
  'Für mich zu lang, für meine Mutter zu kurz.',
  '**Spoilers ahead.**\r\n\r\nThe ferry was empty all along.',
  'The score does “quiet” better than anything this year. 🎻',
  '最後の十分間は忘れられない。',
  '<em>Not</em> for children; see https://reviews.example/?a=1&b=2 for more.',
];

/**
 * Creates a movie's reviews in `language`. TMDB's default is `en-US`; other languages have few or none (docs/tmdb.md, Reviews).
 */
export function makeReviewDocuments(movie: TmdbMovie, language = 'en-US'): JsonObject[] {
  const code = language.slice(0, 2).toLowerCase();
  const random = createRandom(`${movie.seed}/reviews/${code}`);
  const foreign = movie.reviews > 2 && random.chance(0.3) ? random.int(1, 3) : 0;
  const count = code === 'en' ? movie.reviews : foreign;
  return Array.from({ length: count }, (_, index) =>
    changeReview(makeReviewDocument(random, index), movie, index),
  );
}

function makeReviewDocument(random: Random, index: number): JsonObject {
  // The first eight digits are a MongoDB timestamp; the index makes the IDs of a movie unique.
  const id = `5${random.hex(7)}${index.toString(16).padStart(4, '0')}${random.hex(12)}`;
  const author = random.pick(['Mara Quill', 'ferry_man', 'João d’Água', '映画好き', "O'Dell"]);
  const sentences = random.chance(0.02) ? 400 : random.int(1, 6);
  const content = Array.from({ length: sentences }, () => random.pick(SENTENCES)).join(' ');
  const url = `https://www.themoviedb.org/review/${id}`;
  // Old rows have neither author_details nor dates (docs/tmdb.md, Reviews).
  if (random.chance(0.1)) return { id, author, content, url };
  const createdAt = Date.UTC(2018, random.int(0, 72), random.int(1, 28), random.int(0, 23), 17, 46, 301);
  return {
    author,
    author_details: {
      name: random.chance(0.5) ? author : '',
      username: author.toLowerCase(),
      avatar_path: random.chance(0.4) ? `/${random.hex(27)}.jpg` : null,
      rating: random.chance(0.7) ? random.int(1, 10) : null,
    },
    content,
    created_at: new Date(createdAt).toISOString(),
    id,
    updated_at: new Date(createdAt + 86_400_000).toISOString(),
    url,
  };
}

/** Returns one page of a list of reviews in TMDB's format; it is empty past the end. */
export function pageOf(reviews: readonly JsonObject[], page: number): JsonObject {
  return {
    page,
    results: reviews.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    total_pages: Math.ceil(reviews.length / PAGE_SIZE),
    total_results: reviews.length,
  };
}
