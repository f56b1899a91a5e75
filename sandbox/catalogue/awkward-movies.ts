import { exactNumber } from './json-text.ts';
import type { Json } from './tmdb-movie.ts';

/** Fields to replace or add in a document; `undefined` removes the field. */
export type Changes = Readonly<Record<string, Json | undefined>>;

/** Texts that have broken parsers, CSV files and terminals. */
export const AWKWARD_TEXTS = {
  delimiters: 'a "quote", a comma; a \'semicolon\' | a pipe\tand\ta tab\nand a line\r\nand \\N, \\" and a \\',
  control:
    'null \u0000 bell \u0007 escape \u001b[31mred\u001b[0m del \u007f nel \u0085 separators \u2028\u2029 bom \ufeff',
  // The last one is not an escape but the text of one.
  surrogates: 'high \ud83c low \udf1e reversed \udf1e\ud83c pair \ud83c\udf1e text \\ud800',
  formula: '=HYPERLINK("https://films.example/?q="&A1)',
} as const;

const NUMBERS = [
  'budget',
  'revenue',
  'runtime',
  'popularity',
  'vote_average',
  'vote_count',
  'adult',
  'video',
];
const TEXTS = ['title', 'original_title', 'original_language', 'overview', 'tagline', 'status', 'homepage'];
const PATHS = ['poster_path', 'backdrop_path'];
const LISTS = [
  'genres',
  'production_companies',
  'production_countries',
  'origin_country',
  'spoken_languages',
];
const REST = ['release_date', 'belongs_to_collection'];
const ALL = [...NUMBERS, ...TEXTS, ...PATHS, ...LISTS, ...REST];

/** Dates that do not exist, in other notations, and at the edges of the calendar. */
const DATES = [
  ...['2004-02-31', '2023-02-29', '2004-13-01', '0000-00-00', '2004', '2004-02', ' 2004-02-03', '03.02.2004'],
  ...['2004-02-03T00:00:00.000Z', '10000-01-01', '1895-12-28', '1969-12-31', '0001-01-01', '9999-12-31'],
  ...['2024-02-29', null],
];

/**
 * Changes to movies' details, by what is awkward about them. TMDB's documents are mostly as documented, but they are not
 * validated: the tables must neither lose nor invent a value of these.
 */
export const AWKWARD_MOVIES: Readonly<Record<string, Changes>> = {
  'text for numbers': fill(NUMBERS, '12'),
  'numbers for text': fill([...TEXTS, ...PATHS, ...REST], 20_040_203),
  'booleans for everything': fill(ALL, true),
  'numbers for booleans and lists': fill(['adult', 'video', ...LISTS], 0),
  'objects for everything': fill(ALL, { id: 1, name: 'An Object', iso_639_1: 'en', iso_3166_1: 'US' }),
  'text for lists': fill(LISTS, '["US"]'),
  'lists for everything else': fill([...NUMBERS, ...TEXTS, ...PATHS, ...REST], ['a list', 1, null]),
  'null everywhere': fill(ALL, null),
  'no field but the ids': fill(ALL, undefined),
  'empty texts': fill([...TEXTS, ...PATHS, ...REST], ''),
  'empty lists': { ...fill(LISTS, []), belongs_to_collection: {} },
  'lists of null': fill(LISTS, [null, null]),
  'lists of lists': fill(LISTS, [['US'], []]),
  'one wrong element': {
    genres: [{ id: 18, name: 'Drama' }, { id: '35', name: 'Comedy' }, { name: 'No ID' }],
    production_companies: [
      { id: 1, name: 'One' },
      { id: 2.5, name: 'Two and a half' },
    ],
    production_countries: [{ iso_3166_1: 'US', name: 'United States of America' }, null],
    origin_country: ['US', 7],
    spoken_languages: [{ english_name: 'English', iso_639_1: 'en', name: 'English' }, 'fr'],
    belongs_to_collection: { id: '9', name: null, poster_path: 1, backdrop_path: [] },
  },
  'numbers beyond 2^53': {
    budget: exactNumber('9007199254740993'),
    revenue: exactNumber('123456789012345678901234567890'),
    vote_count: exactNumber('-9007199254740995'),
    runtime: exactNumber('18446744073709551616'),
    genres: [{ id: exactNumber('9007199254740997'), name: 'Vast' }],
    production_companies: [{ id: exactNumber('9223372036854775807'), name: 'Boundless Pictures' }],
  },
  'numbers beyond double': {
    popularity: exactNumber('1e400'),
    vote_average: exactNumber('7.12345678901234567890123'),
    budget: exactNumber('-1e400'),
    revenue: exactNumber('1e-400'),
  },
  'safe integers at their limits': {
    budget: Number.MAX_SAFE_INTEGER,
    revenue: Number.MIN_SAFE_INTEGER,
    runtime: 2_147_483_647,
    vote_count: -2_147_483_648,
    popularity: Number.MAX_VALUE,
    vote_average: Number.MIN_VALUE,
  },
  'integers beyond 32 bits': { runtime: 2_147_483_648, vote_count: 4_294_967_296, budget: 2 ** 53 },
  'fractions for integers': {
    runtime: 90.5,
    vote_count: 12.25,
    budget: 0.1,
    revenue: 1e-7,
    vote_average: 1e21,
  },
  zeros: { ...fill(NUMBERS, 0), adult: false, video: false },
  'lone surrogates': {
    ...fill([...TEXTS, ...PATHS], AWKWARD_TEXTS.surrogates),
    genres: [{ id: 18, name: '\ud800' }],
    origin_country: ['\udfff', 'U\ud800'],
    'key \ud800': '\udc00 value',
  },
  'control characters': {
    ...fill([...TEXTS, ...PATHS], AWKWARD_TEXTS.control),
    genres: [{ id: 18, name: AWKWARD_TEXTS.control }],
  },
  delimiters: {
    ...fill([...TEXTS, ...PATHS], AWKWARD_TEXTS.delimiters),
    genres: ['Drama|Comedy', 'a,b', '"', '', AWKWARD_TEXTS.delimiters].map((name, id) => ({ id, name })),
    origin_country: ['', '|', 'U|S', 'a "b"', 'c\nd'],
    belongs_to_collection: { id: 1, name: AWKWARD_TEXTS.delimiters, poster_path: null, backdrop_path: null },
  },
  'texts that mean null elsewhere': {
    ...{
      title: 'NULL',
      original_title: '\\N',
      overview: AWKWARD_TEXTS.formula,
      tagline: 'null',
      status: 'NaN',
    },
    ...{ homepage: '""', poster_path: ' ', backdrop_path: '  spaces around  ', original_language: 'no' },
    genres: ['NULL', 'null', '\\N'].map((name, id) => ({ id, name })),
  },
  'prototype keys': {
    ['__proto__']: { title: 'from the prototype', adult: true },
    constructor: 'a constructor',
    toString: null,
    hasOwnProperty: 1,
    toJSON: 'not a function',
    belongs_to_collection: { id: 1, name: 'Prototypes', ['__proto__']: { name: 'inherited' } },
  },
  'similar keys': {
    ...{ Title: 'not the title', TITLE: 1, 'title ': null, tıtle: 'dotless', Budget: 'none', ID: 'x' },
    ...{ '': 'an empty key', 'release-date': '2004-02-03', 'a.b': 1, 'with "quotes"\n': 2, '0': 'zero' },
    ...{
      imdb_year: 1,
      initial: 'ZZ',
      year: '1900',
      document: {},
      tmdb_id: -1,
      tmdb_imdb_id: 'tt0',
      genre_names: 'x',
    },
  },
  'fields that TMDB adds later': {
    softcore: 'unknown',
    awards: [
      { name: 'Golden Ferry', year: 2024, won: true, jury: [{ name: 'Mara Quill', votes: [1, 2, 3] }] },
    ],
    ratings: { imdb: { value: 7.1, votes: 12 }, empty: {} },
    nested: [[[[[[]]]]]],
  },
  'hundreds of list elements': {
    genres: Array.from({ length: 400 }, (_, id) => ({ id, name: `Genre ${id}` })),
    production_companies: Array.from({ length: 300 }, (_, id) => ({
      ...{ id, logo_path: null, name: `Company, "${id}"`, origin_country: '' },
    })),
    production_countries: Array.from({ length: 250 }, (_, id) => ({
      iso_3166_1: `C${id}`,
      name: `Country ${id}`,
    })),
  },
  'long texts': {
    title: 'Long '.repeat(400),
    overview: 'Ein sehr langer Text über Fähren. 🌞\n'.repeat(3_000),
  },
  'a collection': {
    belongs_to_collection: {
      ...{
        id: 86_311,
        name: 'The "Harbour" Collection',
        poster_path: '/a.jpg',
        backdrop_path: null,
        parts: [],
      },
    },
  },
  ...Object.fromEntries(DATES.map((date) => [`release date ${date}`, { release_date: date }])),
};

function fill(names: readonly string[], value: Json | undefined): Changes {
  return Object.fromEntries(names.map((name) => [name, value]));
}
