import type { CatalogueCase, Scenario } from '../../sandbox/catalogue/scenarios.ts';
import { type Catalogue, type CatalogueOptions, createCatalogue } from '../../sandbox/catalogue.ts';

/** Creates a catalogue for tests of the sandbox, with a simple rule for initials. */
export function makeCatalogue(options: CatalogueOptions = {}): Catalogue {
  return createCatalogue({ initialOf: plainInitial }, { titles: 150, othersPerTitle: 2, ...options });
}

/** Returns the first case of a scenario that `accept` accepts. */
export function caseOf(
  catalogue: Catalogue,
  scenario: Scenario,
  accept: (given: CatalogueCase) => boolean = () => true,
): CatalogueCase {
  const found = catalogue.cases.find((given) => given.scenario === scenario && accept(given));
  if (found === undefined) throw new Error(`The catalogue has no matching case of ${scenario}.`);
  return found;
}

/** Returns the ordinary movie with this number of reviews. */
export function movieWithReviews(catalogue: Catalogue, reviews: number): { imdbId: string; tmdbId: number } {
  const { row, movie } = caseOf(catalogue, 'ordinary', (given) => given.movie?.reviews === reviews);
  return { imdbId: row.tconst, tmdbId: movie?.tmdbId ?? 0 };
}

function plainInitial(title: string): string {
  const letters = title
    .toUpperCase()
    .replaceAll(/[^A-Z0-9 ]/g, '')
    .trim();
  return letters.slice(0, 2).replaceAll(' ', '_').padEnd(2, '_');
}
