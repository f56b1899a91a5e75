import { describe, expect, test } from 'vitest';
import type { ExportPlan } from '../../src/app/export.ts';
import { manifestKey, movieKey, reviewKey } from '../../src/lake/keys.ts';
import type { MemoryLake } from '../support/memory-lake.ts';
import { createLake, exportAll, exportTo, filesOf, fillLake, moviesOf, putManifest } from './export-lake.ts';

const AD = { year: 2004, initial: 'AD' };
const MOVIES = moviesOf(AD, 5);
const [FIRST = { imdbId: '', tmdbId: 0, reviewIds: [''] }] = MOVIES;
const AT = '2026-11-22T09:58:00.000Z';

/** A lake of the earlier Python tool, in which `tdd` has downloaded one movie. */
async function createPythonLake(): Promise<MemoryLake> {
  const lake = await createLake({ 2004: { AD: 5 } }, { withManifests: false });
  await putManifest(lake, AD, [FIRST], { complete: false });
  return lake;
}

function changeTitles(lake: MemoryLake, change: (titles: Record<string, unknown>) => void): void {
  const manifest = JSON.parse(lake.text(manifestKey(AD)) ?? '');
  change(manifest.titles);
  lake.put(manifestKey(AD), JSON.stringify(manifest));
}

describe('a partition with an incomplete manifest', () => {
  test('keeps the movies and reviews that the manifest does not know yet', async () => {
    const lake = await createPythonLake();
    const plans: ExportPlan[] = [];
    const { report, files } = await exportAll(lake, { onPlan: (plan) => void plans.push(plan) });
    const documents = 5 + MOVIES.flatMap(({ reviewIds }) => reviewIds).length;
    expect(report).toMatchObject({ tables: { movies: { rows: 5 }, titles: { rows: 6 } }, unreadable: [] });
    expect(report).toMatchObject({ documentsRead: documents, partsWritten: 0 });
    expect(plans).toMatchObject([{ movies: 5, documents }]);
    const { files: complete } = await exportAll(await createLake({ 2004: { AD: 5 } }));
    for (const table of ['movies', 'reviews'])
      for (const [key, text] of Object.entries(complete))
        if (key.startsWith(table)) expect(files[key]).toBe(text);
  });

  test('is exported again when such a movie changes, and only then', async () => {
    const lake = await createPythonLake();
    const { target } = await exportAll(lake);
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 1 });
    await fillLake(lake, { 2004: { AD: 6 } }, { withManifests: false });
    expect(await exportTo(lake, target)).toMatchObject({
      years: { written: [2004] },
      tables: { movies: { rows: 6 } },
    });
    expect((await exportTo(lake, target)).years.unchanged).toBe(1);
    await putManifest(lake, AD, MOVIES);
    expect((await exportTo(lake, target)).tables.movies.rows).toBe(5);
    expect((await exportTo(lake, target)).years.unchanged).toBe(1);
    expect(filesOf(target)).toEqual((await exportAll(lake)).files);
  });

  test.each([
    ['not found', { state: 'notFound', at: AT }, 4],
    ['renumbered', { state: 'found', tmdbId: 999_999, reviews: 0, at: AT }, 4],
    ['failed', { state: 'failed', reason: 'HTTP 500', tries: 8, at: AT }, 5],
  ])('leaves out a movie only if its title explains that: %s', async (_state, title, rows) => {
    const lake = await createPythonLake();
    lake.put(movieKey(AD, 999_999), '{"id":999999}');
    changeTitles(lake, (titles) => {
      titles[FIRST.imdbId] = title;
    });
    const { report, target } = await exportAll(lake);
    expect(report.tables).toMatchObject({ movies: { rows: rows + 1 }, titles: { rows: 6 } });
    const reviews = target.text('reviews/year=2004/tmdb-movies-2004-reviews.csv');
    expect(reviews?.includes(FIRST.reviewIds[0] ?? '')).toBe(rows === 5);
  });

  test('names unreadable documents among those that the manifest does not know', async () => {
    const lake = await createPythonLake();
    const [, , third = FIRST] = MOVIES;
    const keys = [movieKey(AD, third.tmdbId), reviewKey(AD, third.tmdbId, third.reviewIds[0] ?? '')];
    for (const key of keys) lake.put(key, '{');
    expect((await exportAll(lake)).report).toMatchObject({
      unreadable: keys,
      tables: { movies: { rows: 4 } },
    });
  });
});
