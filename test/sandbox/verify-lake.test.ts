import { beforeEach, describe, expect, it } from 'vitest';
import type { DocumentSettings } from '../../sandbox/catalogue/expected-title.ts';
import { formatJson } from '../../sandbox/catalogue/json-text.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import { JSON_TYPE, movieKey, reviewKey } from '../../src/lake/keys.ts';
import type { Partition } from '../../src/partition.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { makeCatalogue, movieWithReviews } from './small-catalogue.ts';

const catalogue = makeCatalogue();
const { imdbId, tmdbId } = movieWithReviews(catalogue, 40);
const partition = catalogue.expectedTitles().get(imdbId)?.partition ?? { year: 0, initial: '' };
const key = movieKey(partition, tmdbId);

/** Writes the expected documents, as a correct download does. */
async function fill(
  lake: MemoryLake,
  settings?: DocumentSettings,
  wanted: (partition: Partition) => boolean = () => true,
) {
  for (const { partition, tmdbId = 0, movieDocument, reviewDocuments = [] } of catalogue
    .expectedTitles(settings)
    .values()) {
    if (!movieDocument || !wanted(partition)) continue;
    await lake.write(movieKey(partition, tmdbId), formatJson(movieDocument), JSON_TYPE);
    for (const review of reviewDocuments) {
      await lake.write(reviewKey(partition, tmdbId, String(review.id)), formatJson(review), JSON_TYPE);
    }
  }
}

describe('verifyLake', () => {
  let lake: MemoryLake;
  beforeEach(() => {
    lake = new MemoryLake();
  });

  it('accepts a correct lake', async () => {
    await fill(lake);
    const report = await verifyLake({ lake, catalogue });
    expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [] });
    expect(report.movies).toBeGreaterThan(100);
    expect(report.reviews).toBeGreaterThan(200);
  });

  it('reports every document of an empty lake as missing', async () => {
    const report = await verifyLake({ lake, catalogue });
    expect(report).toMatchObject({ movies: 0, reviews: 0, unexpected: [], wrong: [] });
    expect(report.missing).toContain(key);
  });

  it('reports documents with a wrong, missing or additional value, and invalid JSON', async () => {
    await fill(lake);
    const { movieDocument = {}, reviewDocuments = [] } = catalogue.expectedTitles().get(imdbId) ?? {};
    const [first = {}, second = {}, third = {}] = reviewDocuments;
    const { content: _, ...without } = second;
    const reviewKeys = [first, second, third].map(({ id }) => reviewKey(partition, tmdbId, String(id)));
    const [one = '', two = '', three = ''] = reviewKeys;
    await lake.write(key, JSON.stringify({ ...movieDocument, idIMDB: 'tt0000000' }), JSON_TYPE);
    await lake.write(one, JSON.stringify({ ...first, movie_title: 'more' }), JSON_TYPE);
    await lake.write(two, JSON.stringify(without), JSON_TYPE);
    await lake.write(three, '{"author":', JSON_TYPE);
    const report = await verifyLake({ lake, catalogue });
    expect(report.wrong).toEqual([key, ...reviewKeys].sort());
    expect(report).toMatchObject({ missing: [], unexpected: [] });
  });

  it('ignores the order of fields', async () => {
    await fill(lake);
    const document = Object.entries(catalogue.expectedTitles().get(imdbId)?.movieDocument ?? {});
    await lake.write(key, JSON.stringify(Object.fromEntries(document.reverse())), JSON_TYPE);
    expect(await verifyLake({ lake, catalogue })).toMatchObject({ wrong: [] });
  });

  it('reports unexpected documents, and ignores other folders', async () => {
    await fill(lake);
    const stray = movieKey(partition, 99_999_999);
    await lake.write(stray, '{}', JSON_TYPE);
    await lake.write('tmdb/manifests/year-2020/initial-TH.json', '{}', JSON_TYPE);
    expect(await verifyLake({ lake, catalogue })).toMatchObject({ unexpected: [stray], missing: [] });
  });

  it('verifies only the given partitions', async () => {
    await fill(lake, {}, ({ year, initial }) => year === partition.year && initial === partition.initial);
    const report = await verifyLake({ lake, catalogue }, { partitions: [partition] });
    expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [] });
    expect(report.reviews).toBeGreaterThanOrEqual(40);
    const other = { year: partition.year, initial: '99' };
    expect(await verifyLake({ lake, catalogue }, { partitions: [other] })).toMatchObject({ movies: 0 });
  });

  it.each([
    { lookup: 'find' },
    { append: ['credits', 'keywords'] },
    { language: 'de-DE' },
    { reviewLanguage: 'fr-FR' },
  ] as const)('verifies a lake downloaded with other settings (%j)', async (settings) => {
    await fill(lake, settings);
    expect(await verifyLake({ lake, catalogue }, { settings })).toMatchObject({
      missing: [],
      unexpected: [],
      wrong: [],
    });
    const { missing, wrong, unexpected } = await verifyLake({ lake, catalogue });
    expect(missing.length + wrong.length + unexpected.length).toBeGreaterThan(0);
  });
});
