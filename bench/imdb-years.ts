const NEWEST = 2025;

/**
 * Returns release years for a catalogue whose partitions have the sizes of IMDb's: 12 movies on average, a quarter of them with
 * one, and few with hundreds. That needs about 1,000 movies per year, most of them recent.
 * @param years how many different years.
 */
export function imdbYears(years: number): readonly number[] {
  return Array.from({ length: years }, (_, age) => {
    const weight = Math.max(1, Math.round(20 * (1 - age / years) ** 2));
    return new Array<number>(weight).fill(NEWEST - age);
  }).flat();
}
