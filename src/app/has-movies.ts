import type { Lake } from '../lake/lake.ts';

/** Does a lake hold any movie? */
export async function hasMovies(lake: Lake): Promise<boolean> {
  for await (const _ of lake.list('tmdb/movies/')) return true;
  return false;
}
