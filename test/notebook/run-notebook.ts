import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { sandboxProgram } from '../support/sandbox-program.ts';
import { type Notebook, notebookIn, readNotebook } from './notebook-file.ts';

/** What runs a notebook. */
export interface NotebookTools {
  readonly nbconvert: string;
  readonly deno: string;
}

/** Looks for the tools on the PATH; a text says what is missing. */
export function findTools(path = process.env.PATH ?? ''): NotebookTools | string {
  const find = (name: string) =>
    path
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find((file) => existsSync(file));
  const nbconvert = find('jupyter-nbconvert');
  const deno = find('deno');
  if (nbconvert === undefined) return 'jupyter-nbconvert is not on the PATH';
  if (deno === undefined) return 'deno is not on the PATH';
  return { nbconvert, deno };
}

/**
 * Runs the notebook from top to bottom inside the sandbox, with a kernel that is registered for this run alone.
 * @param options.checkout where the notebook and the program are; the program is built.
 * @param options.folder an empty one, for the kernel's files and the notebook as it was run.
 * @returns the notebook with its outputs.
 * @throws with nbconvert's own words when a cell fails.
 */
export async function runNotebook(
  { nbconvert, deno }: NotebookTools,
  {
    checkout,
    folder,
    titles,
    requestsPerSecond,
  }: {
    readonly checkout: string;
    readonly folder: string;
    readonly titles: number;
    readonly requestsPerSecond?: number;
  },
): Promise<Notebook> {
  const kernel = join(folder, 'jupyter', 'kernels', 'deno');
  await mkdir(kernel, { recursive: true });
  const argv = [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'];
  await writeFile(
    join(kernel, 'kernel.json'),
    JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }),
  );
  const convert = ['--to', 'notebook', '--execute', notebookIn(checkout), '--output-dir', folder];
  const sandbox = ['--titles', String(titles), '--', nbconvert, ...convert];
  await promisify(execFile)(process.execPath, [...sandboxProgram(checkout), ...sandbox], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      JUPYTER_PATH: join(folder, 'jupyter'),
      DENO_DIR: join(folder, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
      ...(requestsPerSecond !== undefined && { TMDB_REQUESTS_PER_SECOND: String(requestsPerSecond) }),
    },
  });
  return readNotebook(join(folder, 'launch_fleet.ipynb'));
}
