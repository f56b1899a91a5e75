import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { sandboxProgram } from '../support/sandbox-program.ts';
import { type Notebook, notebookIn, readNotebook } from './notebook-file.ts';

/** The programs that run a notebook. */
export interface NotebookTools {
  readonly nbconvert: string;
  readonly deno: string;
}

/** Finds the tools on the PATH. @returns a message when one is missing. */
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
 * Runs the notebook from top to bottom in the sandbox, with a kernel that is registered for this run only.
 * @param options.checkout the folder of the notebook and the built program.
 * @param options.folder an empty folder for the kernel's files and the executed notebook.
 * @returns the notebook with its outputs.
 * @throws an error with nbconvert's output when a cell fails.
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
