import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { ExportReport } from '../../src/app/export.ts';
import { formatExport, formatExportPlan } from '../../src/cli/format-export.ts';
import type { Style } from '../../src/cli/output.ts';
import { isWindows } from '../support/platform.ts';

const style: Style = {
  ...pc.createColors(false),
  columns: 80,
  redact: (text) => text,
  command: (line) => line,
};
const report: ExportReport = {
  from: '/lake',
  to: '/tables',
  format: 'parquet',
  years: { written: [2003, 2004], unchanged: 1 },
  tables: {
    movies: { rows: 213_450, bytes: 412_345_678 },
    reviews: { rows: 7_003, bytes: 9_900_000 },
    titles: { rows: 1, bytes: 512 },
  },
  documentsRead: 0,
  partsWritten: 0,
  unreadable: [],
  incomplete: 0,
  seconds: 63,
};
const key = (id: number) => `tmdb/movies/year-2004/initial-AD/tmdb-movie-${id}.json`;

describe('the plan of an export', () => {
  const plan = { years: 24, unchanged: 0, movies: 213_450, documents: 0, lackParts: 0 };
  const choice = { format: 'parquet', to: '/tables' } as const;

  test('counts movies and years', () => {
    expect(formatExportPlan(plan, choice)).toBe(
      'Exporting 213,450 movies of 24 years to /tables as Parquet …',
    );
    expect(formatExportPlan({ ...plan, years: 1, movies: 1, unchanged: 23 }, choice)).toBe(
      'Exporting 1 movie of 1 year to /tables as Parquet; 23 years unchanged …',
    );
  });

  test('forecasts what it takes to read documents one by one, in S3 with time and cost', () => {
    const documents = { ...plan, documents: 300_000 };
    expect(formatExportPlan(documents, choice)).toMatch(/\n300,000 documents must be read one by one\.$/);
    expect(formatExportPlan({ ...documents, lackParts: 2 }, choice)).toMatch(
      /one by one\. Complete partitions then get parts in the lake, which make the next export fast\.$/,
    );
    expect(formatExportPlan({ ...documents, getDollars: 0.12 }, choice)).toContain(
      '300,000 documents must be read one by one (about 10 min; GET requests $0.12).',
    );
  });
});

describe('the result of an export', () => {
  test('says how many partitions are not complete', () => {
    const text = formatExport({ ...report, incomplete: 1 }, style);
    expect(text).toMatch(/^✔ /);
    expect(text).toContain(
      '\n\n! 1 partition is not complete: its missing movies are not in the tables.\n\nNext:',
    );
    expect(formatExport({ ...report, incomplete: 1_200 }, style)).toContain(
      '! 1,200 partitions are not complete: their missing movies are not in the tables.',
    );
  });

  test('shows rows and sizes, and the command that loads them', () => {
    expect(formatExport(report, style).split('\n')).toEqual([
      '✔ Exported 2 years to /tables as Parquet in 1 min 03 s; 1 year unchanged.',
      '  TABLE       ROWS       SIZE',
      '  movies   213,450     412 MB',
      '  reviews    7,003     9.9 MB',
      '  titles         1  512 bytes',
      '',
      'Next: duckdb -f /tables/load-duckdb.sql movies.db',
    ]);
  });

  test('says that nothing has changed', () => {
    const [first] = formatExport({ ...report, years: { written: [], unchanged: 3 } }, style).split('\n');
    expect(first).toBe('✔ Nothing has changed: /tables is up to date (3 years).');
  });

  test('names the first unreadable documents, counts the others, and says how to repair them', () => {
    const unreadable = [1, 2, 3, 4, 5, 6, 7].map(key);
    const text = formatExport({ ...report, unreadable }, style);
    expect(text).toContain(
      [
        '✖ 7 documents are missing or damaged, so they are not in the tables:',
        ...unreadable.slice(0, 5).map((each) => `  ${each}`),
        '  and 2 more: --json lists all',
        '  Download the partition of each again, then export again:',
        '  tdd download --year 2004 --initial AD --refresh --to /lake',
      ].join('\n'),
    );
    expect(formatExport({ ...report, unreadable: [key(1)] }, style)).toContain(
      '1 document is missing or damaged, so it is not in the tables:',
    );
  });

  test('says what a damaged manifest means, and shows no check mark', () => {
    const manifest = 'tmdb/manifests/year-1999/initial-TH.json';
    const text = formatExport({ ...report, unreadable: [manifest] }, style);
    expect(text).toMatch(/^! Exported 2 years/);
    expect(text).toContain(
      `✖ 1 manifest is damaged, so titles without a movie are missing in its partition:\n  ${manifest}\n`,
    );
    expect(text).toContain('--year 1999 --initial TH');
    expect(formatExport({ ...report, unreadable: [key(1), manifest, manifest] }, style)).toContain(
      '✖ 1 document is missing or damaged, so it is not in the tables; 2 manifests are damaged, so titles without a movie are missing in their partitions:',
    );
  });

  test.skipIf(isWindows).each([
    ['/my tables', ["Next: duckdb -f '/my tables/load-duckdb.sql' movies.db"]],
    [
      's3://bucket/my prefix',
      ['Next:', "  aws s3 cp 's3://bucket/my prefix/load-duckdb.sql' .", '  duckdb -init load-duckdb.sql'],
    ],
  ])('suggests commands that work as printed for %s', (to, lines) => {
    expect(
      formatExport({ ...report, to }, style)
        .split('\n')
        .slice(-lines.length),
    ).toEqual(lines);
  });
});
