import type { Random } from '../random.ts';

/** Draws unique IDs. */
export interface Ids {
  /** Draws an IMDb title ID with 7 or 8 digits; the number of digits is random by default. */
  imdb(digits?: 7 | 8): string;
  /** Draws a TMDB movie ID. */
  tmdb(): number;
}

/** Draws IDs in an order unrelated to the titles, and never one of `reserved`. */
export function createIds(random: Random, reserved: readonly (number | string)[]): Ids {
  const given = new Set(reserved);
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
