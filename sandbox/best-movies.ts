import type { Style } from '../src/cli/output.ts';
import { cutTo } from '../src/cli/terminal-text.ts';
import { formatNumberOf, toOneLine } from '../src/text.ts';

/** One of the movies with the highest ratings, with its reviews. */
interface BestMovie {
  readonly title: string | null;
  readonly year: unknown;
  readonly rating: number | null;
  readonly reviews: readonly {
    readonly author: string | null;
    readonly rating: number | null;
    readonly content: string | null;
  }[];
}

/** Returns the query for the three best movies with reviews, for the tables in `folder`. At most 60 columns wide. */
export function bestMoviesQuery(folder: string): string {
  const files = (table: string): string => `'${folder.replaceAll("'", "''")}/${table}/*/*.parquet'`;
  return [
    'SELECT title, year, vote_average AS rating,',
    '       list(struct_pack(author, reviews.rating, content)',
    '            ORDER BY created_at) AS reviews',
    `FROM ${files('movies')} AS movies`,
    `JOIN ${files('reviews')} AS reviews`,
    '     USING (year, imdb_id)',
    'WHERE vote_count >= 1000',
    'GROUP BY ALL ORDER BY vote_average DESC, title LIMIT 3',
  ].join('\n');
}

/**
 * Finds the best movies with DuckDB, which is loaded only now, because it has no build for some platforms.
 * @returns the movies, or why DuckDB cannot be loaded.
 */
export async function findBestMovies(folder: string): Promise<readonly BestMovie[] | string> {
  let duckdb: typeof import('@duckdb/node-api');
  try {
    duckdb = await import('@duckdb/node-api');
  } catch (error) {
    return toOneLine(error instanceof Error ? error.message : String(error), 120);
  }
  const instance = await duckdb.DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(bestMoviesQuery(folder));
    return result.getRowObjectsJson() as unknown as BestMovie[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const WIDTH = 60;
const MOST_REVIEWS = 2;

/** Formats movies with the beginnings of their first reviews, at most 60 columns wide. */
export function formatBestMovies(
  movies: readonly BestMovie[],
  { bold, dim }: Pick<Style, 'bold' | 'dim'>,
): string {
  return movies
    .map(({ title, year, rating, reviews }) => {
      const shown = reviews.slice(0, MOST_REVIEWS);
      const more = reviews.length - shown.length;
      return [
        `${(rating ?? 0).toFixed(1).padStart(4)}  ${bold(cutTo(toOneLine(title ?? ''), 44))} (${year})`,
        ...shown.map((review) => {
          const stars = review.rating === null ? '' : ` ${review.rating}/10`;
          return cutTo(
            `      ${toOneLine(review.author ?? '', 20)}${stars}: ${toOneLine(review.content ?? '')}`,
            WIDTH,
          );
        }),
        ...(more > 0 ? [dim(`      and ${formatNumberOf(more, 'more review')}`)] : []),
      ].join('\n');
    })
    .join('\n');
}
