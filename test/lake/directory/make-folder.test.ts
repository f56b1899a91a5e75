import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../../src/lake/directory/make-folder.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

it('creates a folder with its parents, also at the same time and again', async () => {
  const path = join(await makeTempFolder(), 'a/b/c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

it('fails where a file is in the way', async () => {
  const root = await makeTempFolder();
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow(/EEXIST/);
  await expect(makeFolder(join(root, 'file/a/b'))).rejects.toThrow(/ENOTDIR|ENOENT|EEXIST/);
});

it('fails below a link to nothing', async () => {
  const root = await makeTempFolder();
  await symlink(join(root, 'nothing'), join(root, 'link'), 'dir');
  await expect(makeFolder(join(root, 'link/a/b'))).rejects.toThrow(/ENOENT/);
});

it.runIf(process.platform === 'linux')('fails where a file system has no place for folders', async () => {
  await expect(makeFolder('/proc/tdd/lake')).rejects.toThrow(/ENOENT/);
});
