import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorAnswer } from '../../sandbox/tmdb/errors.ts';
import { answerRoute } from '../../sandbox/tmdb/routes.ts';
import { SHAPES, type Shape, shapeOf } from '../support/documented-shapes.ts';
import { caseOf, makeCatalogue, movieWithReviews } from './small-catalogue.ts';

const catalogue = makeCatalogue();

/** Returns the types at each path of these responses, and `absent` if only some objects have the field. */
function observe(answers: readonly unknown[]): Shape {
  const types = new Map<string, Set<string>>();
  const note = (path: string, type: string) => types.set(path, (types.get(path) ?? new Set()).add(type));
  const visit = (path: string, values: readonly unknown[]): void => {
    const objects = values.filter(
      (value): value is Record<string, unknown> =>
        typeof value === 'object' && value !== null && !Array.isArray(value),
    );
    for (const name of new Set(objects.flatMap(Object.keys))) {
      const child = path === '' ? name : `${path}.${name}`;
      const present = objects.filter((object) => name in object).map((object) => object[name]);
      if (present.length < objects.length) note(child, 'absent');
      for (const value of present) note(child, typeOf(value));
      visit(child, present);
    }
    const items = values.flatMap((value) => (Array.isArray(value) ? value : []));
    for (const item of items) note(`${path}[]`, typeOf(item));
    if (items.length > 0) visit(`${path}[]`, items);
  };
  visit('', answers);
  return types;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Returns the lines `path: type` of `part` that `whole` does not have. */
function lacking(whole: Shape, part: Shape): string[] {
  return [...part].flatMap(([path, types]) =>
    [...types].filter((type) => !whole.get(path)?.has(type)).map((type) => `${path}: ${type}`),
  );
}

/** Returns the documented fields that none of these responses has. */
function missing(documented: Shape, answers: readonly unknown[]): string[] {
  const observed = observe(answers);
  return [...documented.keys()].filter((path) => !observed.has(path));
}

function answer(path: string, query = ''): unknown {
  return JSON.parse(String(answerRoute(catalogue, path, new URLSearchParams(query)).body));
}

const imdbIds = catalogue.cases
  .filter(({ scenario, movie }) => scenario === 'ordinary' && movie?.awkward === undefined)
  .map(({ row }) => row.tconst);
const errorCodes = [6, 7, 22, 34, 44] as const satisfies readonly ErrorCode[];

const ANSWERS: Readonly<Record<string, () => unknown[]>> = {
  movie: () => {
    const unnamed = caseOf(catalogue, 'findOnlyUnnamed').movie?.tmdbId;
    return [...imdbIds.map((id) => answer(`/3/movie/${id}`)), answer(`/3/movie/${unnamed}`)];
  },
  reviews: () => {
    const { tmdbId } = movieWithReviews(catalogue, 60);
    return [1, 2, 3, 9].map((page) => answer(`/3/movie/${tmdbId}/reviews`, `page=${page}`));
  },
  find: () => {
    const ids = [...imdbIds, caseOf(catalogue, 'findBesideTv').row.tconst, 'tt0000000'];
    return ids.map((id) => answer(`/3/find/${id}`, 'external_source=imdb_id'));
  },
  authentication: () => [answer('/3/authentication')],
  error: () => errorCodes.flatMap((code) => [0, 1, 2].map((quirk) => parse(errorAnswer(code, quirk)))),
  errors: () => [answer('/3/find/tt0000001')],
};

function parse({ body }: { readonly body: string | Buffer }): unknown {
  return JSON.parse(String(body));
}

describe('the responses of the TMDB stand-in have the documented shape', () => {
  it.each([...SHAPES.keys()])('%s', (name) => {
    const answers = ANSWERS[name]?.() ?? [];
    expect(lacking(shapeOf(name), observe(answers))).toEqual([]);
    expect(missing(shapeOf(name), answers)).toEqual([]);
  });

  it('reviews appended to a movie, which have no ID', () => {
    const { imdbId } = movieWithReviews(catalogue, 60);
    const { reviews } = answer(`/3/movie/${imdbId}`, 'append_to_response=reviews') as { reviews: object };
    expect(lacking(shapeOf('reviews'), observe([reviews]))).toEqual([]);
    expect(missing(shapeOf('reviews'), [reviews])).toEqual(['id']);
  });

  it('the comparison detects undocumented fields, types and absences', () => {
    const [review] = (
      answer(`/3/movie/${movieWithReviews(catalogue, 60).tmdbId}/reviews`) as { results: object[] }
    ).results;
    const wrong = { results: [review, { ...review, id: 7, likes: 1 }, { content: '' }] };
    expect(lacking(shapeOf('reviews'), observe([wrong]))).toEqual(
      expect.arrayContaining(['results[].id: number', 'results[].likes: number', 'results[].url: absent']),
    );
  });
});

// Recordings are TMDB's content and therefore not in the repository: docs/tmdb.md, Shapes.
const recordings = process.env.TDD_RECORDED_ANSWERS;
if (recordings !== undefined) {
  describe(`the responses recorded in ${recordings} have the documented shape`, () => {
    it.each(readdirSync(recordings).filter((file) => file.endsWith('.json')))('%s', (file) => {
      const recorded: unknown = JSON.parse(readFileSync(join(recordings, file), 'utf8'));
      expect(lacking(shapeOf(/^\w+/.exec(file)?.[0] ?? ''), observe([recorded]))).toEqual([]);
    });
  });
}
