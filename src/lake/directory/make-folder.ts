import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFileError } from './file-errors.ts';

/**
 * Creates a folder and its missing parents. Node's own `recursive` never returns, and keeps a core busy, where mkdir
 * fails with ENOENT although the parent exists, such as below `/proc`.
 * @throws an error of the file system; a file of that name is one.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdirUnlessExists(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isFileError(error, 'ENOENT') || parent === path) throw error;
    await makeFolder(parent);
    await mkdirUnlessExists(path);
  }
}

async function mkdirUnlessExists(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!isFileError(error, 'EEXIST')) throw error;
    if (!(await stat(path)).isDirectory()) throw error;
  }
}
