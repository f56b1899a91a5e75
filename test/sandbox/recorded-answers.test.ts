import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorAnswer } from '../../sandbox/tmdb/errors.ts';
import { answerRoute } from '../../sandbox/tmdb/routes.ts';
import { caseOf, makeCatalogue, movieWithReviews } from './small-catalogue.ts';

/** Recorded answers of the real API: TMDB's content, hence kept beside the repository and not in it. */
const FOLDER = new URL('../../../shared/fixtures/tmdb/', import.meta.url);
const catalogue = makeCatalogue();

/** The JSON of a recording; some hold the exchange around it. */
function recorded(name: string): unknown {
  const json = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
  return json.Response?.BodyAsJson ?? json;
}

function answer(path: string, query = ''): unknown {
  return JSON.parse(String(answerRoute(catalogue, path, new URLSearchParams(query)).body));
}

/** The types met at each path of JSON values: `results[].author_details.rating` → number, null. */
function typesOf(...values: unknown[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  const visit = (path: string, value: unknown): void => {
    const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    types.set(path, (types.get(path) ?? new Set()).add(type));
    if (Array.isArray(value)) for (const item of value) visit(`${path}[]`, item);
    else if (type === 'object')
      for (const [name, item] of Object.entries(value as object)) visit(`${path}.${name}`, item);
  };
  for (const value of values) visit('', value);
  return types;
}

/** What of `part` is not in `whole`: a path, or a type at a path. */
function lacking(whole: Map<string, Set<string>>, part: Map<string, Set<string>>): string[] {
  return [...part].flatMap(([path, types]) =>
    [...types].filter((type) => !whole.get(path)?.has(type)).map((type) => `${path}: ${type}`),
  );
}

const imdbIds = catalogue.cases
  .filter(({ situation }) => situation === 'ordinary')
  .map(({ row }) => row.tconst);

describe('the stand-in answers in the shape of the recorded answer', () => {
  beforeEach((context) => {
    context.skip(!existsSync(FOLDER), 'there are no recorded answers in ../shared/fixtures/tmdb');
  });

  it('of a movie', () => {
    const theirs = typesOf(recorded('krelinga-movie-348.body'), recorded('adamayoung-movie-append-all'));
    const ours = typesOf(...imdbIds.map((id) => answer(`/3/movie/${id}`)));
    const appended =
      /^\.(?:credits|images|keywords|external_ids|videos|reviews|recommendations|similar|release_dates|alternative_titles|translations|watch\/providers|lists|changes)/;
    expect(lacking(ours, theirs).filter((path) => !appended.test(path))).toEqual([]);
    // In lists since 2026, so in details too, as far as can be told.
    const ourOwn = lacking(theirs, ours).filter(
      (line) => !line.endsWith(': null') && !line.startsWith('.softcore'),
    );
    expect(ourOwn).toEqual([]);
  });

  it('of appended reviews', () => {
    const { reviews: theirs } = recorded('adamayoung-movie-append-all') as { reviews: object };
    const { imdbId } = movieWithReviews(catalogue, 60);
    const { reviews: ours } = answer(`/3/movie/${imdbId}`, 'append_to_response=reviews') as {
      reviews: object;
    };
    expect(lacking(typesOf(ours), typesOf(theirs))).toEqual([]);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  });

  it('of pages of reviews, also old rows and a page past the end', () => {
    const names = ['jdrouet-movie-reviews', 'adamayoung-reviews-old-shape', 'tmdblib-reviews-page-past-end'];
    const { tmdbId } = movieWithReviews(catalogue, 60);
    const pages = [1, 2, 3, 9].map((page) => answer(`/3/movie/${tmdbId}/reviews`, `page=${page}`));
    const [theirs, ours] = [typesOf(...names.map(recorded)), typesOf(...pages)];
    expect(lacking(ours, theirs)).toEqual([]);
    expect(lacking(theirs, ours)).toEqual([]);
    const keysOf = (page: unknown) =>
      (page as { results: object[] }).results.map((row) => Object.keys(row).sort());
    const theirRows = names.flatMap((name) => keysOf(recorded(name)).map(String));
    expect(new Set(pages.flatMap((page) => keysOf(page).map(String)))).toEqual(new Set(theirRows));
  });

  it('of a find, with a movie and with a TV entry', () => {
    const find = (id: string): unknown => answer(`/3/find/${id}`, 'external_source=imdb_id');
    const tv = caseOf(catalogue, 'findBesideTv').row.tconst;
    const ours = typesOf(...imdbIds.map(find), find(tv));
    const theirs = typesOf(recorded('tmdblib-find-movie'), recorded('tmdblib-find-tv'));
    const noImage = /(?:backdrop|poster)_path: (?:null|string)$/;
    expect(lacking(ours, theirs).filter((line) => !noImage.test(line))).toEqual([]);
    expect(lacking(theirs, ours).filter((line) => !noImage.test(line))).toEqual([]);
  });

  it('of a good key', () => {
    expect(answer('/3/authentication')).toEqual(recorded('tmdblib-authentication-ok'));
  });

  it.each([
    [7, 'adamayoung-error-7-http401'],
    [22, 'adamayoung-error-22-http400'],
    [34, 'adamayoung-error-34-http404'],
    [34, 'tmdblib-movie-404'],
  ] as const)('of an error with code %i (%s)', (code, name) => {
    expect(JSON.parse(String(errorAnswer(code).body))).toEqual(recorded(name));
  });

  it('of errors without a code, and of those with `failure`', () => {
    const list = answer('/3/find/tt0000001') as { errors: string[] };
    expect(lacking(typesOf(list), typesOf(recorded('jdrouet-validation-error')))).toEqual([]);
    const failure = JSON.parse(String(errorAnswer(7, 2).body));
    expect(Object.keys(failure)).toEqual(Object.keys(recorded('tmdblib-session-denied-401') as object));
  });
});
