import type { Random } from '../random.ts';

/** Ids that are given once only. */
export interface Ids {
  /** An IMDb title id of 7 or 8 digits; of 8 for the younger half of them, as at IMDb. */
  imdb(digits?: 7 | 8): string;
  /** A TMDB movie id. */
  tmdb(): number;
}

/** Gives ids in an order that has nothing to do with the titles. */
export function createIds(random: Random): Ids {
  const given = new Set<number | string>();
  const once = <T extends number | string>(draw: () => T): T => {
    for (;;) {
      const id = draw();
      if (!given.has(id)) {
        given.add(id);
        return id;
      }
    }
  };
  return {
    imdb: (digits = random.chance(0.5) ? 7 : 8) =>
      once(
        () =>
          `tt${digits === 7 ? String(random.int(1, 9_999_999)).padStart(7, '0') : random.int(10_000_000, 39_999_999)}`,
      ),
    tmdb: () => once(() => random.int(2, 1_500_000)),
  };
}
