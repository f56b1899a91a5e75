import { beforeEach, describe, expect, it } from 'vitest';
import type { DocumentSettings } from '../../sandbox/catalogue/expected-title.ts';
import { formatJson } from '../../sandbox/catalogue/json-text.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import { JSON_TYPE, manifestKey, movieKey, partKey, reviewKey } from '../../src/lake/keys.ts';
import type { Partition } from '../../src/partition.ts';
import { toLine } from '../../src/tables/line.ts';
import { encodePart, writePart } from '../../src/tables/part.ts';
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

  describe('of a complete partition', () => {
    const parts = [partKey('movies', partition), partKey('reviews', partition)];
    const [movies = '', reviews = ''] = parts;

    /** The lines of a part: all documents below `root` in the order of their IDs. */
    function linesOf(root: string, order: (document: { id: number | string; movie_id?: number }) => string) {
      const folder = `${root}/year-${partition.year}/initial-${partition.initial}/`;
      const texts = lake.keys(folder).map((document) => lake.text(document) ?? '');
      const keyed = texts.map((text) => [order(JSON.parse(text)), toLine(text) ?? ''] as const);
      return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
    }

    /** Writes the documents, the parts and the manifest, as a complete download does. */
    async function complete(change: (lines: string[]) => string[] = (lines) => lines, fields = {}) {
      await fill(lake);
      const padded = (id: unknown) => String(id).padStart(12, '0');
      const lines = {
        movies: linesOf('tmdb/movies', ({ id }) => padded(id)),
        reviews: change(linesOf('tmdb/reviews', ({ id, movie_id }) => `${padded(movie_id)}/${id}`)),
      };
      const write = async (table: 'movies' | 'reviews') =>
        writePart({ lake }, table, partition, await encodePart(lines[table]));
      const parts = { movies: await write('movies'), reviews: await write('reviews') };
      lake.put(manifestKey(partition), JSON.stringify({ complete: true, parts, ...fields }));
    }

    it('counts correct parts', async () => {
      await complete();
      expect(await verifyLake({ lake, catalogue })).toMatchObject({ parts: 2, missing: [], wrong: [] });
    });

    it.each<[string, (lines: string[]) => string[]]>([
      ['a line too few', (lines) => lines.slice(1)],
      ['a line too many', (lines) => [...lines, lines[0] ?? '']],
      ['another order', (lines) => lines.reverse()],
      ['another value', ([first = '', ...lines]) => [first.replace('"content":"', '"content":"!'), ...lines]],
    ])('reports a part with %s', async (_, change) => {
      await complete(change);
      expect(await verifyLake({ lake, catalogue })).toMatchObject({
        parts: 1,
        missing: [],
        wrong: [reviews],
      });
    });

    it('reports parts that are not those of the manifest, outdated or missing', async () => {
      await complete();
      await writePart({ lake }, 'movies', partition, await encodePart([]));
      expect(await verifyLake({ lake, catalogue })).toMatchObject({ missing: [], wrong: [movies] });
      lake.remove(movies);
      expect(await verifyLake({ lake, catalogue })).toMatchObject({ missing: [movies], wrong: [] });
      await complete(undefined, { parts: undefined });
      expect(await verifyLake({ lake, catalogue })).toMatchObject({ missing: parts, wrong: [] });
      await complete(undefined, { complete: false, parts: undefined });
      expect(await verifyLake({ lake, catalogue })).toMatchObject({ parts: 0, missing: [], wrong: [] });
    });
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
