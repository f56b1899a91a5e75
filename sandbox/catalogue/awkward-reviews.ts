import { AWKWARD_TEXTS, type Changes } from './awkward-movies.ts';
import { exactNumber } from './json-text.ts';
import type { Json } from './tmdb-movie.ts';

const TEXTS = ['author', 'content', 'url', 'created_at', 'updated_at'];

/** Instants in other notations and precisions, some of which do not exist. */
const INSTANTS = [
  ...['2013-08-05T01:02:03Z', '2013-08-05T01:02:03.4Z', '2013-08-05T01:02:03.456789Z', '2013-08-05T01:02Z'],
  ...['2013-08-05T01:02:03.456+02:00', '2013-08-05 01:02:03 UTC', '2013-08-05 01:02:03', '2013-08-05'],
  ...['2013-02-30T01:02:03.000Z', '2013-08-05T25:02:03.000Z', '2013-08-05T23:59:60.000Z', 'yesterday', ''],
  ...[
    '1969-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    1_375_664_523,
    null,
  ],
];

/** Changes to reviews, by what is awkward about them: see `AWKWARD_MOVIES`. */
export const AWKWARD_REVIEWS: Readonly<Record<string, Changes>> = {
  'numbers for text': fill(TEXTS, 7),
  'null for text': fill([...TEXTS, 'author_details'], null),
  'empty texts': fill(TEXTS, ''),
  'objects for text': fill(TEXTS, { text: 'an object' }),
  'lists for text': fill([...TEXTS, 'author_details'], ['a list']),
  'nothing but the id': fill([...TEXTS, 'author_details'], undefined),
  'no author_details': { author_details: undefined },
  'no created_at': { created_at: undefined, updated_at: undefined },
  'author_details is text': { author_details: 'Mara Quill' },
  'author_details is empty': { author_details: {} },
  'author_details of other types': {
    author_details: { name: 7, username: null, avatar_path: [], rating: '8' },
  },
  'avatar elsewhere': {
    author_details: author({ avatar_path: '/https://avatars.example/a.jpg', rating: 8 }),
  },
  ...Object.fromEntries(
    [
      0.5,
      10,
      0,
      11,
      -1,
      7.25,
      '',
      { value: 8 },
      exactNumber('1e400'),
      exactNumber('8.00000000000000000001'),
    ].map((rating) => [`rating ${JSON.stringify(rating)}`, { author_details: author({ rating }) }]),
  ),
  ...Object.fromEntries(
    INSTANTS.map((instant) => [`created_at ${instant}`, { created_at: instant, updated_at: instant }]),
  ),
  'lone surrogates': {
    ...{ author: AWKWARD_TEXTS.surrogates, content: AWKWARD_TEXTS.surrogates },
    ...{ author_details: author({ name: '\ud800', username: '\udfff\ud800' }), 'key \udfff': '\ud83c' },
  },
  'control characters': { author: AWKWARD_TEXTS.control, content: AWKWARD_TEXTS.control },
  delimiters: { author: AWKWARD_TEXTS.delimiters, content: AWKWARD_TEXTS.delimiters },
  'a formula': { author: '@SUM(1)', content: AWKWARD_TEXTS.formula },
  'a table in Markdown': {
    content: '| a | "b" |\r\n|---|---|\r\n| `1,2;3` | <br> |\r\n\r\n```json\n{"a": [1]}\n```',
  },
  'prototype keys': {
    ['__proto__']: { content: 'from the prototype' },
    constructor: null,
    author_details: author({ ['__proto__']: { rating: 1 } }),
  },
  'similar keys': {
    Content: 'not the content',
    CONTENT: null,
    review_id: 1,
    imdb_id: 'tt0',
    tmdb_id: 'x',
    rating: 3,
  },
  'fields that TMDB adds later': {
    ...{
      iso_639_1: 'en',
      media_id: 1,
      media_title: 'A Title',
      media_type: 'movie',
      likes: { count: 1, by: [] },
    },
  },
  'half a megabyte': {
    content: 'The ferry was late again, and so was I. ⛴️ "Again?" she said.\n'.repeat(8_000),
  },
};

function author(details: Readonly<Record<string, Json>>): Json {
  return { name: 'Mara Quill', username: 'mara', avatar_path: null, rating: null, ...details };
}

function fill(names: readonly string[], value: Json | undefined): Changes {
  return Object.fromEntries(names.map((name) => [name, value]));
}
