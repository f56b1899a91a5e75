import { describe, expect, it } from 'vitest';
import { REQUIRED } from '../../sandbox/catalogue/situations.ts';
import { AWKWARD_TITLES } from '../../sandbox/catalogue/titles.ts';
import { partitionName } from '../../src/partition.ts';
import { caseOf, makeCatalogue } from './small-catalogue.ts';

describe('createCatalogue', () => {
  it('makes the same list and the same expected titles from the same seed', () => {
    const [one, two] = [makeCatalogue({ seed: 'a' }), makeCatalogue({ seed: 'a' })];
    expect([...one.lines()]).toEqual([...two.lines()]);
    expect([...one.expectedTitles()]).toEqual([...two.expectedTitles()]);
  });

  it('makes another list of another seed', () => {
    expect([...makeCatalogue({ seed: 'a' }).lines()]).not.toEqual([...makeCatalogue({ seed: 'b' }).lines()]);
  });

  it('has every situation and every awkward title, also when it is small', () => {
    const { cases } = makeCatalogue({ titles: 100 });
    const situations = new Set(cases.map(({ situation }) => situation));
    for (const [situation] of REQUIRED) expect(situations).toContain(situation);
    const titles = new Set(cases.map(({ row }) => row.primaryTitle));
    for (const { title } of AWKWARD_TITLES) expect(titles).toContain(title);
  });

  it('has about 3,000 movies among 15,000 rows by default, with unique ids of 7 and 8 digits', () => {
    const { rows, cases } = makeCatalogue({ titles: 3_000, othersPerTitle: 4 });
    expect(rows.filter(({ titleType }) => titleType === 'movie').length).toBe(cases.length);
    expect(rows.length).toBeGreaterThanOrEqual(15_000);
    const ids = rows.map(({ tconst }) => tconst);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.length))).toEqual(new Set([9, 10]));
    expect(cases.some(({ row }) => row.startYear === null)).toBe(true);
  });

  it('writes lines that split into nine columns, save the bad ones', () => {
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

  it('leaves out movies without a year', () => {
    const dated = catalogue.cases.filter(({ row }) => row.startYear !== null);
    expect(expected.size).toBe(dated.length);
  });

  it('gives a found movie its ids and its genre ids, and keeps no reviews in it', () => {
    const { row } = caseOf(catalogue, 'ordinary', ({ movie }) => movie?.reviews === 40);
    const { movieDocument, reviewDocuments, tmdbId } = expected.get(row.tconst) ?? {};
    expect(movieDocument).toMatchObject({ id: tmdbId, idIMDB: row.tconst, id_imdb: row.tconst });
    expect(movieDocument).toHaveProperty('genre_ids');
    expect(movieDocument).not.toHaveProperty('reviews');
    expect(reviewDocuments).toHaveLength(40);
    expect(reviewDocuments?.[0]).toMatchObject({ movie_id: tmdbId, idIMDB: row.tconst });
    expect(new Set(reviewDocuments?.map(({ id }) => id)).size).toBe(40);
  });

  it.each(['miss', 'wrongMovieMiss', 'tvOnly'] as const)('says notFound of %s', (situation) => {
    expect(expected.get(caseOf(catalogue, situation).row.tconst)).toMatchObject({ state: 'notFound' });
  });

  it('says refused where TMDB refuses the id', () => {
    expect(expected.get(caseOf(catalogue, 'refused').row.tconst)).toMatchObject({ state: 'refused' });
  });

  it.each([
    ['twinsNamed', 'details', 'larger'],
    ['twinsNamed', 'find', 'smaller'],
    ['twinsUnnamed', 'details', 'smaller'],
  ] as const)('gives the movie of %s by %s to the %s id alone', (situation, lookup, owner) => {
    const { row, twin = '' } = caseOf(catalogue, situation);
    const [smaller, larger] = [row.tconst, twin].sort() as [string, string];
    const expected = catalogue.expectedTitles({ lookup });
    const [owned, other] = owner === 'larger' ? [larger, smaller] : [smaller, larger];
    expect(expected.get(owned)?.movieDocument).toMatchObject({ idIMDB: owned });
    expect(expected.get(other)).toMatchObject({ state: 'found', duplicateOf: owned });
    expect(expected.get(other)).not.toHaveProperty('movieDocument');
    const partitions = [owned, other]
      .map((id) => expected.get(id)?.partition)
      .map((at) => at && partitionName(at));
    expect(partitions[0]).toBe(partitions[1]);
  });
});
