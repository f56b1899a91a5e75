const NEWEST = 2025;

/**
 * Returns the release years of a catalogue whose partitions have the sizes of IMDb's: 12 movies on average, a quarter of them
 * with one, and few with hundreds. It fits a catalogue of about 1,000 movies per year.
 * @param years how many different years.
 * @param slope how much more movies the recent years have; with more years, it must be higher.
 */
export function imdbYears(years: number, slope = 2): readonly number[] {
  return Array.from({ length: years }, (_, age) => {
    const weight = Math.max(1, Math.round(10 * 2 ** (slope - 1) * (1 - age / years) ** slope));
    return new Array<number>(weight).fill(NEWEST - age);
  }).flat();
}
