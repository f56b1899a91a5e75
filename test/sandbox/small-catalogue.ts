import type { CatalogueCase, Situation } from '../../sandbox/catalogue/situations.ts';
import { type Catalogue, type CatalogueOptions, createCatalogue } from '../../sandbox/catalogue.ts';

/** A catalogue for tests of the sandbox, with a plain rule for initials. */
export function makeCatalogue(options: CatalogueOptions = {}): Catalogue {
  return createCatalogue({ initialOf: plainInitial }, { titles: 150, othersPerTitle: 2, ...options });
}

/** The case of a situation; `accept` chooses among several. */
export function caseOf(
  catalogue: Catalogue,
  situation: Situation,
  accept: (known: CatalogueCase) => boolean = () => true,
): CatalogueCase {
  const found = catalogue.cases.find((known) => known.situation === situation && accept(known));
  if (found === undefined) throw new Error(`The catalogue has no such case of ${situation}.`);
  return found;
}

/** The ordinary movie with this number of reviews. */
export function movieWithReviews(catalogue: Catalogue, reviews: number): { imdbId: string; tmdbId: number } {
  const { row, movie } = caseOf(catalogue, 'ordinary', (known) => known.movie?.reviews === reviews);
  return { imdbId: row.tconst, tmdbId: movie?.tmdbId ?? 0 };
}

function plainInitial(title: string): string {
  const letters = title
    .toUpperCase()
    .replaceAll(/[^A-Z0-9 ]/g, '')
    .trim();
  return letters.slice(0, 2).replaceAll(' ', '_').padEnd(2, '_');
}
