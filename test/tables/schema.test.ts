import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { type Column, type ColumnType, SCHEMA_VERSION, TABLES } from '../../src/tables/schema.ts';
import { type Shape, shapeOf } from '../support/documented-shapes.ts';

/** The JSON type of a column's values, or of the items of a list. */
const JSON_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  date: 'string',
  timestamp: 'string',
  stringList: 'string',
  integer: 'number',
  bigint: 'number',
  double: 'number',
  integerList: 'number',
  boolean: 'boolean',
};

/** The documented types of TMDB's fields, and of those that the lake adds. */
const DOCUMENTS: Readonly<Record<'movies' | 'reviews', Shape>> = {
  movies: new Map([
    ...shapeOf('movie'),
    ['idIMDB', new Set(['string'])],
    ['id_imdb', new Set(['string'])],
    ['genre_ids', new Set(['array'])],
    ['genre_ids[]', new Set(['number'])],
  ]),
  reviews: new Map([
    ...[...shapeOf('reviews')].flatMap(([path, types]) =>
      path.startsWith('results[].') ? [[path.slice('results[].'.length), types] as const] : [],
    ),
    ['movie_id', new Set(['number'])],
    ['idIMDB', new Set(['string'])],
    ['id_imdb', new Set(['string'])],
  ]),
};

/** The documented fields that are only in `document`. */
const WITHOUT_COLUMN = [
  'belongs_to_collection.poster_path',
  'belongs_to_collection.backdrop_path',
  'production_companies[].logo_path',
  'production_companies[].origin_country',
  'production_countries[].name',
  'softcore',
  'spoken_languages[].english_name',
  'spoken_languages[].name',
];

/** The paths of the values, or of the items of a list, that a column can have. */
function pathsOf({ name, type, from, paths }: Column): string[] {
  if (from !== undefined) return [];
  const isList = type.endsWith('List');
  return (paths ?? [name]).map((path) => (isList && !path.includes('[]') ? `${path}[]` : path));
}

describe.each(Object.entries(TABLES))('the columns of %s', (_table, columns) => {
  it('have names that need no quotes in SQL and occur once', () => {
    const names = columns.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    // The name of the partition column in all engines.
    expect(names).not.toContain('year');
  });

  it('are described in sentences', () => {
    const wrong = columns.filter(({ description }) => !/^[A-Z`].*\.$/.test(description));
    expect(wrong).toEqual([]);
  });
});

describe.each(['movies', 'reviews'] as const)('the columns of %s', (table) => {
  it('have the documented types', () => {
    const documented = DOCUMENTS[table];
    const wrong = TABLES[table].flatMap((column) =>
      pathsOf(column)
        .filter((path) => !documented.get(path)?.has(JSON_TYPES[column.type]))
        .map((path) => `${column.name}: ${column.type} from ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have all documented fields, except for those that are only in document', () => {
    const paths = new Set(TABLES[table].flatMap(pathsOf));
    const leaves = [...DOCUMENTS[table]].filter(([, types]) => !types.has('array') && !types.has('object'));
    const missing = leaves.map(([path]) => path).filter((path) => !paths.has(path));
    expect(missing).toEqual(table === 'movies' ? WITHOUT_COLUMN : []);
  });
});

test('only keys that do not come from a document are never NULL', () => {
  const required = Object.values(TABLES).flatMap((columns) => columns.filter((column) => column.required));
  expect(required.filter(({ from }) => from === undefined)).toEqual([]);
});

test('a change of the columns after a release raises the version, because exports keep unchanged years', () => {
  const columns = Object.entries(TABLES).map(([table, list]) => [
    table,
    list.map(({ name, type }) => [name, type]),
  ]);
  const hash = createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 8);
  expect([SCHEMA_VERSION, hash]).toEqual([1, '3261ae11']);
});
