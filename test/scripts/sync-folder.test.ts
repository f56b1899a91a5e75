import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { syncFolder } from '../../scripts/sync-folder.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

it('replaces changed files, adds new ones, deletes outdated ones and leaves the others untouched', async () => {
  const from = await makeFolder({ same: '1', changed: 'new', 'sub/added': '2' });
  const to = await makeFolder({ same: '1', changed: 'old', 'gone/outdated': '3' });
  const before = await stat(join(to, 'same'), { bigint: true });
  await syncFolder(from, to);
  expect(await readFolder(to)).toEqual({ same: '1', changed: 'new', 'sub/added': '2' });
  expect((await stat(join(to, 'same'), { bigint: true })).mtimeNs).toBe(before.mtimeNs);
});

it('creates the folder', async () => {
  const from = await makeFolder({ 'a/b': '1' });
  const to = join(await makeTempFolder(), 'dist');
  await syncFolder(from, to);
  expect(await readFolder(to)).toEqual({ 'a/b': '1' });
});

async function makeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeTempFolder();
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), contents);
  }
  return folder;
}

async function readFolder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.map(async (file) => [
      file.slice(folder.length + 1).replaceAll('\\', '/'),
      await readFile(file, 'utf8'),
    ]),
  );
  return Object.fromEntries(contents);
}
