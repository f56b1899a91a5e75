import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Column,
  type ColumnType,
  TABLE_NAMES,
  TABLES,
  type TableName,
} from '../../src/tables/schema.ts';
import { formatColumns } from '../../src/tables/sql/format-columns.ts';
import { type DuckDb, openDuckDb } from '../support/duckdb.ts';
import { tempFolders } from '../support/temp-folder.ts';
import { inventPartitions, tablesOf, writeExport, writeParts } from '../tables/invented-tables.ts';
import { ATHENA_DDL } from '../tables/sql/reserved-words.ts';
import { readPage, root, sectionOf } from './pages.ts';

const page = readPage('docs/tables.md');
const names = TABLE_NAMES;

const TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  integer: '32-bit integer',
  bigint: '64-bit integer',
  double: 'double',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  stringList: 'list of strings',
  integerList: 'list of 32-bit integers',
};

const POSTGRES: Readonly<Record<ColumnType, string>> = {
  string: 'text',
  integer: 'integer',
  bigint: 'bigint',
  double: 'double precision',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  stringList: 'text',
  integerList: 'text',
};

function formatRow({ name, type, required, description, unit }: Column): string {
  const text = unit === undefined ? description : `${description} Unit: ${unit}.`;
  return `| \`${name}\` | ${TYPES[type]}${required ? ', not NULL' : ''} | ${text.replaceAll('|', '\\|')} |`;
}

/** Returns the page with the columns of the schema: the tables, and the statements for Postgres. */
function withColumns(text: string): string {
  const statements = names.map((table) => {
    return `CREATE TABLE ${table} (\n${formatColumns(TABLES[table], ({ type }) => POSTGRES[type])}\n);`;
  });
  const parts = [
    { after: '```pgsql\n', lines: '[^`]*', by: statements.join('\n\n') },
    ...names.map((table) => ({
      after: `### \`${table}\`\n\n.+\n\n`,
      lines: '(?:\\|.*\n)+',
      by: ['| column | type | description |', '|---|---|---|', ...TABLES[table].map(formatRow)].join('\n'),
    })),
  ];
  return parts.reduce((before, { after, lines, by }) => {
    const part = new RegExp(`(?<=^${after})${lines}`, 'm');
    expect(before).toMatch(part);
    return before.replace(part, () => `${by}\n`);
  }, text);
}

it('docs/tables.md has the columns of the schema', async () => {
  await expect(withColumns(page)).toMatchFileSnapshot(join(root, 'docs/tables.md'));
});

/** Returns the code blocks of a language, with the heading above each. */
function codeBlocks(text: string, language: string): { heading: string; code: string }[] {
  let heading = '';
  const blocks = text.matchAll(new RegExp(`^#+ (.+)$|^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'));
  return [...blocks].flatMap(([, title, code]) => {
    if (code !== undefined) return [{ heading, code }];
    heading = title ?? '';
    return [];
  });
}

type Rows = Record<string, unknown>[];

const numbers = (rows: Rows, column: string): number[] => rows.map((row) => Number(row[column]));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('the queries in docs/tables.md', () => {
  const newFolder = tempFolders();
  const partitions = inventPartitions();
  const tables = tablesOf(partitions);
  const rowsOf = (table: TableName) => [...tables.values()].flatMap((year) => year[table]);
  const lake = newFolder();
  let db: DuckDb;

  beforeAll(async () => {
    const place = newFolder();
    await writeExport(place, 'parquet', tables);
    await writeParts(lake, partitions);
    db = await openDuckDb();
    await db.query(await readFile(join(place, 'load-duckdb.sql'), 'utf8'));
  });
  afterAll(() => db.close());

  const run = (code: string): Promise<Rows> =>
    db.query(code.replaceAll("'lake/", `'${lake.replaceAll('\\', '/')}/`));

  /** The expected result of each question. */
  const ANSWERS: Readonly<Record<string, (rows: Rows) => void>> = {
    'The best movies of a year, with their reviews': (rows) => {
      expect(new Set(rows.map(({ title }) => title)).size).toBe(10);
      expect(rows.some(({ review }) => review !== null)).toBe(true);
    },
    "The share of IMDb's movies that TMDB has": (rows) => {
      expect(sum(numbers(rows, 'titles'))).toBe(rowsOf('titles').length);
      for (const percent of numbers(rows, 'percent')) expect(percent).toBeLessThanOrEqual(100);
      expect(Math.min(...numbers(rows, 'percent'))).toBeGreaterThan(0);
    },
    'The titles that TMDB lacks': (rows) => {
      expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['notFound', 'refused']));
    },
    'Do long reviews come with high ratings?': (rows) => {
      expect(numbers(rows, 'rating')).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    },
    'Genres over the decades': (rows) => {
      expect(rows.map(({ genre }) => genre)).toContain('Drama');
      expect(new Set(rows.map(({ decade }) => decade))).toContain(2020);
    },
    'The movies with the most reviews': (rows) => {
      expect(rows).toHaveLength(20);
      expect(Number(rows[0]?.reviews)).toBe(60);
    },
    'Where reviewers and voters disagree': (rows) => {
      for (const ratings of numbers(rows, 'ratings')) expect(ratings).toBeGreaterThanOrEqual(3);
    },
    'Original languages': (rows) => expect(rows.map((row) => row.original_language)).toContain('en'),
    'How long movies are': (rows) => {
      expect(numbers(rows, 'minutes')).toEqual(expect.arrayContaining([60, 75, 90, 105, 135]));
    },
    'Budget and revenue': (rows) => {
      for (const millions of numbers(rows, 'budget_millions')) expect(millions).toBeGreaterThan(0);
    },
    'Production companies': (rows) => {
      expect(Number(rows[0]?.movies)).toBeGreaterThanOrEqual(Number(rows.at(-1)?.movies));
    },
    'Who writes the most reviews': (rows) => {
      expect(rows.map((row) => row.author_username)).toContain('mara quill');
    },
    'Movies for which TMDB has two IMDb IDs': (rows) => {
      for (const { first_id, last_id } of rows) expect(first_id).not.toBe(last_id);
      expect(rows.length).toBeGreaterThanOrEqual(2);
    },
    'How old the data is': (rows) => {
      expect(rows[0]).toMatchObject({ month: '2025-03-01 00:00:00', too_old: rows[0]?.titles });
    },
    'A field without a column': (rows) => {
      expect(rows.map(({ country }) => country)).toContain('United States of America');
    },
  };

  const questions = codeBlocks(sectionOf(page, '## Questions'), 'sql');

  it('are the ones that this test knows', () => {
    expect(questions.map(({ heading }) => heading)).toEqual(Object.keys(ANSWERS));
  });

  it.each(questions)('answer: $heading', async ({ heading, code }) => {
    const rows = await run(code);
    expect(rows).not.toEqual([]);
    ANSWERS[heading]?.(rows);
  });

  it.each(codeBlocks(sectionOf(page, '## The parts of a lake'), 'sql'))(
    'read the parts of a lake in place',
    async ({ code }) => {
      const rows = await run(code);
      expect(rows).toHaveLength(10);
      for (const { title } of rows) expect(title).toEqual(expect.any(String));
    },
  );

  it.each(['README.md', 'docs/tables.md'])('include the one in the three lines in %s', async (path) => {
    const [, query = ''] = /^ {4}duckdb movies\.db "(SELECT .+)"$/m.exec(readPage(path)) ?? [];
    expect(await run(query.replace('2004', '2020'))).toHaveLength(10);
  });

  it.each([
    ['movie_parts', 'movies'],
    ['review_parts', 'reviews'],
  ] as const)('name fields of the documents in %s, and no reserved words', (name, table) => {
    const [{ code = '' } = {}] = codeBlocks(page, 'hiveql');
    const [, lines = ''] = new RegExp(`TABLE ${name} \\(\\n([^]*?)\\n\\)`).exec(code) ?? [];
    const columns = [...lines.matchAll(/^ {2}(\w+) /gm)].map(([, column = '']) => column);
    const documents = partitions.flatMap((each) => each[table]).map((line) => JSON.parse(line));
    expect(columns.length).toBeGreaterThan(5);
    expect([...new Set(documents.flatMap(Object.keys))]).toEqual(expect.arrayContaining(columns));
    expect(columns.filter((column) => ATHENA_DDL.has(column))).toEqual([]);
  });
});
