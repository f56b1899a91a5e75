import { beforeAll, describe, expect, test } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { PROGRAM } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import {
  codeCellsOf,
  hashCode,
  NOTEBOOK_PATH,
  type Notebook,
  readNotebook,
  textOf,
} from './notebook-file.ts';
import { findTools, runNotebook } from './run-notebook.ts';

const TITLES = 100;
const tools = findTools();
if (typeof tools === 'string')
  process.stderr.write(`skipped: running the notebook in the sandbox: ${tools}\n`);

/** This cell shows nothing unless it fails. */
const SILENT = 'deploy-agree-code';

function plainTextOf(notebook: Notebook, id: string): string {
  const outputs = notebook.cells.find((cell) => cell.id === id)?.outputs ?? [];
  return outputs.map(({ data }) => textOf(data?.['text/plain'])).join('\n');
}

function errorsOf(notebook: Notebook): unknown[] {
  return codeCellsOf(notebook).flatMap(({ outputs = [] }) =>
    outputs.filter(({ output_type, name }) => output_type === 'error' || name === 'stderr'),
  );
}

function idsWithDisplay(notebook: Notebook): string[] {
  return codeCellsOf(notebook)
    .filter(({ outputs = [] }) => outputs.some(({ output_type }) => output_type === 'display_data'))
    .map(({ id }) => id);
}

const idsThatShow = (notebook: Notebook) =>
  codeCellsOf(notebook)
    .map(({ id }) => id)
    .filter((id) => id !== SILENT);

describe('the notebook', () => {
  const why = typeof tools === 'string' ? ` (skipped: ${tools})` : '';

  test.skipIf(typeof tools === 'string')(
    `runs from top to bottom in the sandbox and downloads its whole catalogue${why}`,
    // On a busy machine, Deno's kernel can lose a message in spite of the pauses between them.
    { retry: 1, timeout: 300_000 },
    async () => {
      if (typeof tools === 'string') return;
      const folder = await makeTempFolder();
      const notebook = await runNotebook(tools, {
        checkout: PROGRAM,
        folder,
        titles: TITLES,
        requestsPerSecond: 200,
      });
      const wanted = createCatalogue({ initialOf }, { titles: TITLES }).cases.filter(
        ({ row }) => (row.startYear ?? 0) >= 2000,
      );
      const partitions = new Set(wanted.map(({ row }) => `${row.startYear}/${initialOf(row.primaryTitle)}`))
        .size;
      const arrived = plainTextOf(notebook, 'arrived-code');
      expect(errorsOf(notebook)).toEqual([]);
      expect(idsWithDisplay(notebook)).toEqual(idsThatShow(notebook));
      expect(plainTextOf(notebook, 'rest-code')).toContain('The fleet is complete.');
      expect(arrived).toContain(
        `partitions\t${partitions} of ${partitions}\ncomplete partitions\t${partitions}\n`,
      );
      expect(arrived).toContain(`movies looked up\t${wanted.length}\n`);
      expect(arrived).toContain('failed (the next launch retries them)\t0\n');
      expect(plainTextOf(notebook, 'documents-code').split('\n').length).toBeGreaterThan(1);
    },
  );
});

describe('the committed notebook', () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await readNotebook(NOTEBOOK_PATH);
  });

  test('has the outputs of its current code; "npm run notebook" updates them', () => {
    expect(notebook.metadata.tdd).toEqual({ code_sha256: hashCode(notebook) });
    expect(idsWithDisplay(notebook)).toEqual(idsThatShow(notebook));
    expect(errorsOf(notebook)).toEqual([]);
  });

  test('shows each chart as Vega-Lite and as a PNG, below a heading that asks its question', () => {
    const charts = notebook.cells.flatMap((cell, place) =>
      (cell.outputs ?? [])
        .filter(({ data }) => data && 'application/vnd.vegalite.v5+json' in data)
        .map(({ data }) => ({ place, data })),
    );
    expect(charts.length).toBeGreaterThanOrEqual(7);
    for (const { place, data } of charts) {
      const spec = data?.['application/vnd.vegalite.v5+json'] as { readonly title?: unknown } | undefined;
      expect(JSON.stringify(spec?.title)).toContain('?');
      expect(textOf(data?.['image/png'])).toMatch(/^iVBORw0KGgo/);
      expect(textOf(notebook.cells[place - 1]?.source)).toMatch(/^### .*\?$/m);
    }
  });

  test('has no line of code or prose that needs scrolling', () => {
    const lines = notebook.cells.flatMap(({ source }) => textOf(source).split('\n'));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  test('contains the notices that TMDB and IMDb require', () => {
    const prose = notebook.cells
      .filter(({ cell_type }) => cell_type === 'markdown')
      .map(({ source }) => textOf(source));
    expect(prose.join('\n').replaceAll('\n', ' ')).toContain(
      'This product uses the TMDB API but is not endorsed or certified by TMDB.',
    );
    expect(prose.join('\n').replaceAll('\n', ' ')).toContain(
      'Information courtesy of IMDb (https://www.imdb.com). Used with permission.',
    );
  });

  test('contains no API key and nothing from the machine that ran it', () => {
    const text = JSON.stringify(notebook);
    expect(text).not.toContain(SANDBOX_API_KEY);
    expect(text).not.toMatch(/\/(?:tmp|home|root|work|Users)\//);
    expect(text).not.toMatch(/127\.0\.0\.1:\d/);
  });
});

describe('findTools', () => {
  test('names a tool that is missing', () => {
    expect(findTools('/nowhere')).toBe('jupyter-nbconvert is not on the PATH');
  });
});
