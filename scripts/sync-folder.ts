import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Makes the files of the folder `to` the same as those of `from`. Each changed file is replaced in one step, so a program
 * that loads files from `to` never finds one missing. (A folder cannot be replaced in one step.)
 */
export async function syncFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const files = await listFiles(from);
  for (const file of files) {
    const contents = await readFile(join(from, file));
    const present = await readFile(join(to, file)).catch(() => undefined);
    if (present?.equals(contents)) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFileAtomic(join(to, file), contents);
  }
  const wanted = new Set(files);
  for (const file of await listFiles(to)) {
    if (!wanted.has(file)) await rm(join(to, file), { force: true });
  }
}

/** Returns the paths of all files below a folder, relative to it. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
