import type { Partition } from '../../src/partition.ts';

/** A document, and the values of its row by column; columns that are not listed are NULL. */
export interface AwkwardDocument {
  readonly what: string;
  readonly line: string;
  readonly row: Readonly<Record<string, unknown>>;
}

export const PARTITION: Partition = { year: 2004, initial: 'AD' };
const KEYS = { imdb_year: 2004, initial: 'AD' };

const LONG = 'ä'.repeat(100_000);
const NESTED = `{"id":11,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;

/** Movies whose values are unusual, and what their columns must be. */
export const MOVIES: readonly AwkwardDocument[] = [
  {
    what: 'a movie with every field',
    line: JSON.stringify({
      adult: false,
      backdrop_path: '/backdrop.jpg',
      belongs_to_collection: { id: 8, name: 'Lamps', poster_path: null, backdrop_path: null },
      budget: 9_007_199_254_740_991,
      genres: [
        { id: 18, name: 'Drama' },
        { id: 35, name: 'Comedy' },
      ],
      homepage: 'https://example.org/?a=1&b=2',
      id: 1,
      imdb_id: 'tt9900009',
      origin_country: ['SE', 'FI'],
      original_language: 'sv',
      original_title: 'Ädelsten',
      overview: 'One line,\r\nand "another" one;\ta tab, a \\ backslash and a | bar.',
      popularity: 3.25,
      poster_path: '/poster.jpg',
      production_companies: [
        { id: 7, logo_path: null, name: 'Lamp, Light & Co', origin_country: 'SE' },
        { id: 9, logo_path: null, name: 'A "B" Film\nTwo', origin_country: '' },
      ],
      production_countries: [{ iso_3166_1: 'SE', name: 'Sweden' }],
      release_date: '2004-02-29',
      revenue: 0,
      runtime: 97,
      spoken_languages: [{ english_name: 'Swedish', iso_639_1: 'sv', name: 'svenska' }],
      status: 'Released',
      tagline: '',
      title: 'Gemstone 💎 “quoted”',
      video: true,
      vote_average: 6.4,
      vote_count: 81,
      genre_ids: [18, 35],
      idIMDB: 'tt9900001',
      id_imdb: 'tt9900001',
    }),
    row: {
      ...KEYS,
      imdb_id: 'tt9900001',
      tmdb_id: 1,
      title: 'Gemstone 💎 “quoted”',
      original_title: 'Ädelsten',
      original_language: 'sv',
      overview: 'One line,\r\nand "another" one;\ta tab, a \\ backslash and a | bar.',
      tagline: '',
      status: 'Released',
      homepage: 'https://example.org/?a=1&b=2',
      release_date: '2004-02-29',
      runtime: 97,
      budget: 9_007_199_254_740_991,
      revenue: 0,
      popularity: 3.25,
      vote_average: 6.4,
      vote_count: 81,
      adult: false,
      video: true,
      poster_path: '/poster.jpg',
      backdrop_path: '/backdrop.jpg',
      tmdb_imdb_id: 'tt9900009',
      genre_ids: [18, 35],
      genre_names: ['Drama', 'Comedy'],
      production_company_ids: [7, 9],
      production_company_names: ['Lamp, Light & Co', 'A "B" Film\nTwo'],
      production_countries: ['SE'],
      origin_country: ['SE', 'FI'],
      spoken_languages: ['sv'],
      collection_id: 8,
      collection_name: 'Lamps',
    },
  },
  {
    what: 'a movie of lookup = find, which has genre_ids only',
    line: '{"id":2,"idIMDB":"tt9900002","title":"Found","media_type":"movie","genre_ids":[28],"release_date":""}',
    row: { ...KEYS, imdb_id: 'tt9900002', tmdb_id: 2, title: 'Found', genre_ids: [28] },
  },
  {
    what: 'a movie of an earlier tool, which has id_imdb and genres only',
    line: '{"id":3,"id_imdb":"tt9900003","genres":[{"id":12,"name":"Adventure"}]}',
    row: { ...KEYS, imdb_id: 'tt9900003', tmdb_id: 3, genre_ids: [12], genre_names: ['Adventure'] },
  },
  {
    what: 'a movie whose fields have other types',
    line: JSON.stringify({
      ...{ id: '4', idIMDB: 4, title: 5, overview: null, tagline: ['a'], status: {}, homepage: false },
      ...{
        release_date: 20_040_229,
        runtime: '97',
        budget: '1000',
        popularity: '1.5',
        adult: 0,
        video: 'true',
      },
      ...{ genre_ids: 18, genres: { id: 18 }, production_companies: [null], belongs_to_collection: [1] },
      ...{ origin_country: 'US', spoken_languages: [{ iso_639_1: null }] },
    }),
    row: KEYS,
  },
  {
    what: 'a movie with numbers that no column can hold',
    line: '{"id":9007199254740993,"runtime":2147483648,"budget":-9007199254740993,"revenue":1.5,"popularity":1e400,"vote_average":-1e400,"vote_count":1.5,"genre_ids":[18,2147483648]}',
    row: KEYS,
  },
  {
    what: 'a movie with numbers that columns can just hold',
    line: '{"id":9007199254740991,"runtime":-2147483648,"budget":-9007199254740991,"revenue":1e3,"popularity":1e21,"vote_average":5e-324,"vote_count":2147483647,"genre_ids":[-1,0]}',
    row: {
      ...KEYS,
      tmdb_id: 9_007_199_254_740_991,
      runtime: -2_147_483_648,
      budget: -9_007_199_254_740_991,
      revenue: 1000,
      popularity: 1e21,
      vote_average: 5e-324,
      vote_count: 2_147_483_647,
      genre_ids: [-1, 0],
    },
  },
  {
    what: 'a movie with empty texts and lists',
    line: '{"id":6,"title":"","overview":" ","genre_ids":[],"genres":[],"origin_country":[],"production_companies":[]}',
    row: {
      ...{ ...KEYS, tmdb_id: 6, title: '', overview: ' ', genre_ids: [], genre_names: [] },
      ...{ origin_country: [], production_company_ids: [], production_company_names: [] },
    },
  },
  {
    what: 'a movie with lists of which one element is wrong',
    line: '{"id":7,"genres":[{"id":18,"name":"Drama"},{"id":"35","name":null},7],"origin_country":["US",null]}',
    row: { ...KEYS, tmdb_id: 7 },
  },
  {
    what: 'a movie with fields that objects inherit in JavaScript',
    line: '{"__proto__":{"title":"Inherited","idIMDB":"tt0"},"constructor":{"name":"x"},"id":8,"title":"Own","hasOwnProperty":1}',
    row: { ...KEYS, tmdb_id: 8, title: 'Own' },
  },
  {
    what: 'a movie whose text has control characters and a replaced surrogate',
    line: '{"id":9,"title":"a\\u0000b","overview":"\\ufffd\\u0001\\u001f\\u007f\\u2028\\ufeff","tagline":"NULL","status":"\\\\N"}',
    row: {
      ...{ ...KEYS, tmdb_id: 9, title: 'a\ufffdb', overview: '\ufffd\u0001\u001f\u007f\u2028\ufeff' },
      ...{ tagline: 'NULL', status: '\\N' },
    },
  },
  {
    what: 'a movie with a long text, twice the same key, and spaces between tokens',
    line: `{ "id" : 10 , "title":"first", "title" : "last", "overview" : "${LONG}" }`,
    row: { ...KEYS, tmdb_id: 10, title: 'last', overview: LONG },
  },
  { what: 'a movie with 20,000 nested lists', line: NESTED, row: { ...KEYS, tmdb_id: 11 } },
  { what: 'an object that is not a movie', line: '{}', row: KEYS },
  {
    what: 'a list of companies in which names contain the separator',
    line: '{"id":12,"production_companies":[{"id":1,"name":"A|B"},{"id":2,"name":"C\\\\D"}]}',
    row: {
      ...{ ...KEYS, tmdb_id: 12, production_company_ids: [1, 2] },
      ...{ production_company_names: ['A|B', 'C\\D'] },
    },
  },
  ...(
    [
      ['1969-12-31', '1969-12-31'],
      ['1874-12-09', '1874-12-09'],
      ['1583-01-01', '1583-01-01'],
      ['9999-12-31', '9999-12-31'],
      ['1582-10-14', null],
      ['0000-00-00', null],
      ['2003-02-29', null],
      ['2004-13-01', null],
      ['2004-1-1', null],
      ['10000-01-01', null],
      ['2004-05-25T00:00:00Z', null],
    ] as const
  ).map(([date, day], index) => ({
    what: `a movie with the release date ${date}`,
    line: JSON.stringify({ id: 100 + index, release_date: date }),
    row: { ...KEYS, tmdb_id: 100 + index, release_date: day },
  })),
];

/** Reviews whose values are unusual, and what their columns must be. */
export const REVIEWS: readonly AwkwardDocument[] = [
  {
    what: 'a review with every field',
    line: JSON.stringify({
      author: 'Anna',
      author_details: { name: '', username: 'anna', avatar_path: null, rating: 7.5 },
      content: 'Très bien.\r\n\r\n> "quoted", `code`\n',
      created_at: '2019-02-18T12:03:19.123Z',
      id: 'a1',
      updated_at: '2021-06-23T15:58:09Z',
      url: 'https://example.org/review/a1',
      movie_id: 1,
      idIMDB: 'tt9900001',
    }),
    row: {
      ...KEYS,
      review_id: 'a1',
      imdb_id: 'tt9900001',
      tmdb_id: 1,
      author: 'Anna',
      author_name: '',
      author_username: 'anna',
      rating: 7.5,
      content: 'Très bien.\r\n\r\n> "quoted", `code`\n',
      created_at: '2019-02-18 12:03:19.123',
      updated_at: '2021-06-23 15:58:09',
      url: 'https://example.org/review/a1',
    },
  },
  {
    what: 'an old review, without details and dates',
    line: '{"id":"a2","author":"Ben","content":"","url":"u","movie_id":1,"idIMDB":"tt9900001"}',
    row: {
      ...{ ...KEYS, review_id: 'a2', imdb_id: 'tt9900001', tmdb_id: 1, author: 'Ben', content: '', url: 'u' },
    },
  },
  {
    what: 'a review whose details have another type',
    line: '{"id":"a3","author_details":"Ben","created_at":1234567890,"updated_at":""}',
    row: { ...KEYS, review_id: 'a3' },
  },
  ...(
    [
      ['2024-01-31T12:34:56+02:00', '2024-01-31 10:34:56'],
      ['2024-01-31T12:34:56.7-00:30', '2024-01-31 13:04:56.7'],
      ['2024-01-31T12:34:56', '2024-01-31 12:34:56'],
      ['2024-01-31 12:34:56.123456789', '2024-01-31 12:34:56.123'],
      ['1969-12-31T23:59:59.999Z', '1969-12-31 23:59:59.999'],
      ['9999-12-31T23:59:59.999Z', '9999-12-31 23:59:59.999'],
      ['9999-12-31T23:59:59.999-01:00', null],
      ['2024-02-30T00:00:00Z', null],
      ['2024-01-31T24:00:00Z', null],
      ['2024-01-31T23:59:60Z', null],
      ['2024-01-31', null],
      ['yesterday', null],
    ] as const
  ).map(([text, timestamp], index) => ({
    what: `a review written at ${text}`,
    line: JSON.stringify({ id: `b${index}`, created_at: text }),
    row: { ...KEYS, review_id: `b${index}`, created_at: timestamp },
  })),
];
