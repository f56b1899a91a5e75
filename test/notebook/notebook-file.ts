import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of nbformat 4.5 that these tests use: https://nbformat.readthedocs.io/en/latest/format_description.html */
export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

export interface NotebookCell {
  readonly id: string;
  readonly cell_type: 'code' | 'markdown' | 'raw';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly source: string | readonly string[];
  /** Only in code cells. */
  readonly outputs?: readonly NotebookOutput[];
}

export interface NotebookOutput {
  readonly output_type: 'stream' | 'display_data' | 'execute_result' | 'error';
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The root of this checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the path of a checkout's notebook. */
export function notebookIn(checkout: string): string {
  return join(checkout, 'notebooks/launch_fleet.ipynb');
}

export const NOTEBOOK_PATH = notebookIn(ROOT);

export async function readNotebook(path: string): Promise<Notebook> {
  return JSON.parse(await readFile(path, 'utf8'));
}

export function codeCellsOf({ cells }: Notebook): NotebookCell[] {
  return cells.filter(({ cell_type }) => cell_type === 'code');
}

/** Joins a multi-line text of nbformat, which is a string or an array of lines. */
export function textOf(text: unknown): string {
  return Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '';
}

/** Computes a hash of a notebook's code. */
export function hashCode(notebook: Notebook): string {
  const code = codeCellsOf(notebook).map(({ source }) => textOf(source));
  return createHash('sha256').update(JSON.stringify(code)).digest('hex');
}
