import { describe, expect, it } from 'vitest';
import { AWKWARD_MOVIES } from '../../sandbox/catalogue/awkward-movies.ts';
import { AWKWARD_REVIEWS } from '../../sandbox/catalogue/awkward-reviews.ts';
import { REQUIRED } from '../../sandbox/catalogue/scenarios.ts';
import { AWKWARD_TITLES } from '../../sandbox/catalogue/titles.ts';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { partitionName } from '../../src/partition.ts';
import { caseOf, makeCatalogue } from './small-catalogue.ts';

describe('createCatalogue', () => {
  it('creates the same list and the same expectations from the same seed', () => {
    const [one, two] = [makeCatalogue({ seed: 'a' }), makeCatalogue({ seed: 'a' })];
    expect([...one.lines()]).toEqual([...two.lines()]);
    expect([...one.expectedTitles()]).toEqual([...two.expectedTitles()]);
  });

  it('creates another list from another seed', () => {
    expect([...makeCatalogue({ seed: 'a' }).lines()]).not.toEqual([...makeCatalogue({ seed: 'b' }).lines()]);
  });

  it('has every scenario and every awkward title even when it is small', () => {
    const { cases } = makeCatalogue({ titles: 100 });
    const scenarios = new Set(cases.map(({ scenario }) => scenario));
    for (const [scenario] of REQUIRED) expect(scenarios).toContain(scenario);
    const titles = new Set(cases.map(({ row }) => row.primaryTitle));
    for (const { title } of AWKWARD_TITLES) expect(titles).toContain(title);
  });

  it('has every awkward document, each in one movie or review', () => {
    const { cases } = makeCatalogue({ titles: 150 });
    const awkward = cases.flatMap(({ movie }) => (movie?.awkward && [movie]) ?? []);
    expect(awkward.map((movie) => movie.awkward?.movie)).toEqual([...Object.keys(AWKWARD_MOVIES).keys()]);
    const last = awkward.at(-1);
    const reviews = (last?.awkward?.firstReview ?? 0) + (last?.reviews ?? 0);
    expect(reviews).toBeGreaterThanOrEqual(Object.keys(AWKWARD_REVIEWS).length);
  });

  it('has unique IDs of 7 and 8 digits, and one movie in five rows', () => {
    const { rows, cases } = makeCatalogue({ titles: 3_000, othersPerTitle: 4 });
    expect(rows.filter(({ titleType }) => titleType === 'movie').length).toBe(cases.length);
    expect(rows.length).toBeGreaterThanOrEqual(15_000);
    const ids = rows.map(({ tconst }) => tconst);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.length))).toEqual(new Set([9, 10]));
    expect(cases.some(({ row }) => row.startYear === null)).toBe(true);
  });

  it("contains the examples of --help and of the prompts' defaults", () => {
    const { cases } = createCatalogue({ initialOf }, { titles: 0 });
    const partitions = cases.map(({ row }) => `${row.startYear}/${initialOf(row.primaryTitle)}`);
    expect(partitions.filter((name) => name === '2004/AD').length).toBeGreaterThan(3);
    expect(cases.map(({ row }) => row.tconst)).toEqual(expect.arrayContaining(['tt0133093', 'tt0137523']));
  });

  it('writes lines with nine columns, except the malformed ones', () => {
    const catalogue = makeCatalogue();
    const [header = '', ...lines] = [...catalogue.lines()];
    expect(header.split('\t').slice(0, 3)).toEqual(['tconst', 'titleType', 'primaryTitle']);
    const good = lines.filter((line) => !catalogue.badLines.includes(line));
    expect(good.length).toBe(catalogue.rows.length);
    expect(new Set(good.map((line) => line.split('\t').length))).toEqual(new Set([9]));
    expect(lines.length).toBe(good.length + catalogue.badLines.length);
  });
});

describe('expectedTitles', () => {
  const catalogue = makeCatalogue();
  const expected = catalogue.expectedTitles();

  it('omits movies without a year', () => {
    const dated = catalogue.cases.filter(({ row }) => row.startYear !== null);
    expect(expected.size).toBe(dated.length);
  });

  it('adds the IDs and genre IDs to a found movie, and omits its reviews', () => {
    const { row } = caseOf(catalogue, 'ordinary', ({ movie }) => movie?.reviews === 40);
    const { movieDocument, reviewDocuments, tmdbId } = expected.get(row.tconst) ?? {};
    expect(movieDocument).toMatchObject({ id: tmdbId, idIMDB: row.tconst, id_imdb: row.tconst });
    expect(movieDocument).toHaveProperty('genre_ids');
    expect(movieDocument).not.toHaveProperty('reviews');
    expect(reviewDocuments).toHaveLength(40);
    expect(reviewDocuments?.[0]).toMatchObject({ movie_id: tmdbId, idIMDB: row.tconst });
    expect(new Set(reviewDocuments?.map(({ id }) => id)).size).toBe(40);
  });

  it.each(['miss', 'wrongMovieMiss', 'tvOnly'] as const)('expects notFound for %s', (scenario) => {
    expect(expected.get(caseOf(catalogue, scenario).row.tconst)).toMatchObject({ state: 'notFound' });
  });

  it('expects refused when TMDB rejects the ID', () => {
    expect(expected.get(caseOf(catalogue, 'refused').row.tconst)).toMatchObject({ state: 'refused' });
  });

  it.each([
    ['duplicateNamed', 'details', 'larger'],
    ['duplicateNamed', 'find', 'smaller'],
    ['duplicateUnnamed', 'details', 'smaller'],
  ] as const)('assigns the movie of %s with lookup %s to the %s id only', (scenario, lookup, owner) => {
    const { row, otherId = '' } = caseOf(catalogue, scenario);
    const [smaller, larger] = [row.tconst, otherId].sort() as [string, string];
    const expectedTitles = catalogue.expectedTitles({ lookup });
    const [owned, other] = owner === 'larger' ? [larger, smaller] : [smaller, larger];
    expect(expectedTitles.get(owned)?.movieDocument).toMatchObject({ idIMDB: owned });
    expect(expectedTitles.get(other)).toMatchObject({ state: 'found', duplicateOf: owned });
    expect(expectedTitles.get(other)).not.toHaveProperty('movieDocument');
    const partitions = [owned, other]
      .map((id) => expectedTitles.get(id)?.partition)
      .map((at) => at && partitionName(at));
    expect(partitions[0]).toBe(partitions[1]);
  });
});
