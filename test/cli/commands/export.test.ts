import { EventEmitter } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { movieKey, reviewKey } from '../../../src/lake/keys.ts';
import { readPage, sectionOf } from '../../docs/pages.ts';
import { type CliOptions, runCli } from '../../support/run-cli.ts';
import { details } from '../../support/small-tmdb.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const makeFolder = tempFolders();
const AD = { year: 2004, initial: 'AD' };
const TH = { year: 2005, initial: 'TH' };
const MOVIE = movieKey(AD, 1);
const REVIEW = reviewKey(AD, 1, 'abc');

let cwd: string;
beforeEach(async () => {
  cwd = makeFolder();
  await put(MOVIE, { ...details(1, 'tt0000001'), idIMDB: 'tt0000001' });
  await put(REVIEW, { id: 'abc', author: 'somebody', content: 'Good.', idIMDB: 'tt0000001', idTMDB: 1 });
  await put(movieKey(TH, 2), { ...details(2, 'tt0000002'), idIMDB: 'tt0000002' });
});

/** Writes a document into the lake; it has no manifests, as those of the Python tool. */
async function put(key: string, document: unknown): Promise<void> {
  const path = join(cwd, 'lake', key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof document === 'string' ? document : JSON.stringify(document));
}

function exportTo(place: string, flags: readonly string[] = [], options: Partial<CliOptions> = {}) {
  return runCli(['export', '--from', 'lake', '--to', place, ...flags], { cwd, columns: 200, ...options });
}

describe('tdd export', () => {
  test('writes each year, and the next time only what has changed', async () => {
    const first = await exportTo('tables');
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toContain(`Exporting 2 movies of 2 years to ${join(cwd, 'tables')} as Parquet …`);
    expect(
      first.stdout
        .split('\n')
        .slice(1, 5)
        .map((line) => line.trim().split(/ {2,}/).slice(0, 2)),
    ).toEqual([
      ['TABLE', 'ROWS'],
      ['movies', '2'],
      ['reviews', '1'],
      ['titles', '2'],
    ]);
    expect(first.stdout).toContain(`Next: duckdb -f ${join(cwd, 'tables/load-duckdb.sql')} movies.db\n`);
    expect(await readdir(join(cwd, 'tables/movies'))).toEqual(['year=2004', 'year=2005']);

    const second = await exportTo('tables');
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    expect(second.stdout).toContain(
      `✔ Nothing has changed: ${join(cwd, 'tables')} is up to date (2 years).\n`,
    );

    await put(movieKey(TH, 3), { ...details(3, 'tt0000003'), idIMDB: 'tt0000003' });
    expect((await exportTo('tables')).stdout).toContain('✔ Exported 1 year');
  });

  test('prints the fields of --json that its documentation lists', async () => {
    const { stdout, stderr, exitCode } = await exportTo('tables', ['--json', '--quiet', '--format', 'csv']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      from: join(cwd, 'lake'),
      to: join(cwd, 'tables'),
      format: 'csv',
      years: { written: [2004, 2005], unchanged: 0 },
      tables: { movies: { rows: 2 }, reviews: { rows: 1 }, titles: { rows: 2 } },
      documentsRead: 3,
      unreadable: [],
    });
    const [, fields = ''] =
      /^`--json`: ([\s\S]*)/m.exec(sectionOf(readPage('docs/commands.md'), '## tdd export')) ?? [];
    for (const field of Object.keys(report)) expect(fields).toContain(`\`${field}\``);
  });

  test('names the documents that cannot be read, exports all others, and exits with 1', async () => {
    await put(REVIEW, '{"id":"abc"');
    const { stdout, exitCode } = await exportTo('tables');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      `✖ 1 document is missing or damaged, so it is not in the tables:\n  ${REVIEW}\n`,
    );
    expect(stdout).toContain(`tdd download --year 2004 --initial AD --refresh --to ${join(cwd, 'lake')}`);
    expect(stdout).toMatch(/movies +2 /);
    const again = await exportTo('tables', ['--json']);
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout).unreadable).toEqual([REVIEW]);
  });

  test('resumes after Ctrl-C', async () => {
    const signals = new EventEmitter();
    const interrupted = await exportTo('tables', [], {
      signals,
      person: async ({ sees }) => {
        await sees('Exporting');
        signals.emit('SIGINT');
      },
    });
    expect(interrupted).toMatchObject({ exitCode: 130, stdout: '' });
    expect(interrupted.stderr.trim().split('\n').at(-1)).toContain(
      'tdd: Interrupted: run the same command again to resume.',
    );
    expect(await exportTo('tables')).toMatchObject({ exitCode: 0 });
    await exportTo('undisturbed');
    for (const file of ['movies/year=2004/tmdb-movies-2004.parquet', 'titles/year=2005/titles-2005.parquet'])
      expect(await readFile(join(cwd, 'tables', file))).toEqual(
        await readFile(join(cwd, 'undisturbed', file)),
      );
  });

  test('says in one sentence that there is nothing to export', async () => {
    const outside = await exportTo('tables', ['--min-year', '1990', '--max-year', '1999']);
    expect(outside.stderr.trim()).toBe(
      `tdd: The lake "${join(cwd, 'lake')}" has no movies of the years from 1990 to 1999: check --min-year and --max-year.`,
    );
    expect(outside.exitCode).toBe(2);
    const year = await exportTo('tables', ['--min-year', '1990', '--max-year', '1990']);
    expect(year.stderr).toContain('has no movies of the year 1990: check');
    await rm(join(cwd, 'lake/tmdb'), { recursive: true });
    const empty = await exportTo('tables');
    expect(empty.stderr.trim()).toMatch(/^tdd: The lake .* contains no downloads/);
    expect(empty.exitCode).toBe(2);
    expect(await readdir(cwd)).toEqual(['lake']);
  });

  test.each([
    ['the lake', 'lake'],
    ['a folder of the lake', 'lake/tmdb/tables'],
  ])('does not write into %s', async (_what, place) => {
    const { stderr, exitCode } = await exportTo(place);
    expect(stderr.trim()).toMatch(/^tdd: The destination .*choose another destination, such as .*\.$/);
    expect(exitCode).toBe(2);
    expect(await readdir(join(cwd, 'lake'))).toEqual(['tmdb']);
  });

  test('does not mix two formats in one place', async () => {
    await exportTo('tables');
    const { stderr, exitCode } = await exportTo('tables', ['--format', 'csv']);
    expect(stderr.trim()).toMatch(/^tdd: .*contains an export in the format "parquet", not "csv"/);
    expect(exitCode).toBe(2);
  });
});

describe('tdd export rejects before it reads or writes anything', () => {
  test.each([
    [[], '--to is missing: name a directory or s3://bucket/prefix for the files.'],
    [['--to', 'x'], 'No bucket is configured: use --from to name the data lake, a directory or s3://bucket.'],
    [['--to', ''], '--to must be a directory or s3://bucket/prefix (got "").'],
    [['--to', 's3://tables//x'], '--to must not have an empty segment'],
    [['--to', 'x', '--from', 'none'], '/none" does not exist: check --from.'],
    [['--to', join('lake', MOVIE), '--from', 'lake'], '.json" is a file or is inside one: check --to.'],
    [['--to', join('lake', MOVIE, 'x'), '--from', 'lake'], 'is a file or is inside one: check --to.'],
    [['--to', 'x', '--from', join('lake', MOVIE)], '.json" is a file or is inside one: check --from.'],
    [['--to', 'x', '--from', 'lake/tmdb/movies'], 'contains no downloads: is "'],
    [['--to', 'x', '--from', 's3://lake/movies'], '--from must be a bucket without a prefix'],
    [
      ['--to', 'x', '--from', 'lake', '--format', 'parket'],
      '--format must be parquet, jsonl or csv (got "parket"). Did you mean parquet?',
    ],
    [['--to', 'x', '--from', 'lake', '--format', 'json'], 'Did you mean jsonl?'],
    [['--to', 'x', '--from', 'lake', '--format', 'spreadsheet'], '(got "spreadsheet").\n'],
    [['--to', 'x', '--from', 'lake', '--format', 'xml'], '(got "xml").\n'],
    [['--to', 'x', '--from', 'lake', '--min-year', '20O4'], '--min-year must be four digits'],
    [
      ['--to', 'x', '--min_year', '2010', '--max_year=2009'],
      '--min-year must not be after --max-year (got 2010 and 2009).',
    ],
  ])('%j', async (flags, message) => {
    const run = await runCli(['export', ...flags], { cwd, columns: 200 });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(await readdir(cwd)).toEqual(['lake']);
  });
});
