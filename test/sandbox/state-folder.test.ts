import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStateFolder } from '../../sandbox/state-folder.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

describe('openStateFolder', () => {
  it('deletes a temporary folder', async () => {
    const { path, isKept, close } = await openStateFolder(undefined);
    expect([isKept, await readdir(path)]).toEqual([false, []]);
    await close();
    await expect(readdir(path)).rejects.toThrow(/ENOENT/);
  });

  it.each(['new', ''])('keeps a new or empty folder, and opens it again (%j)', async (name) => {
    const keep = join(await makeTempFolder(), name);
    const first = await openStateFolder(keep);
    expect(first).toMatchObject({ path: keep, isKept: true });
    await writeFile(join(keep, 'config.ini'), '[AWS]');
    await expect(openStateFolder(keep)).rejects.toThrow(/^Another sandbox is using/);
    await first.close();
    await (await openStateFolder(keep)).close();
    expect(await readFile(join(keep, 'config.ini'), 'utf8')).toBe('[AWS]');
  });

  it("rejects a folder with the user's files before it writes anything", async () => {
    const keep = await makeTempFolder();
    await writeFile(join(keep, 'config.ini'), 'mine');
    await mkdir(join(keep, 'bin'));
    await expect(openStateFolder(keep)).rejects.toThrow(
      /^--keep must name a new or empty folder.*other files/,
    );
    expect(await readdir(keep)).toEqual(['bin', 'config.ini']);
  });

  it('rejects a file', async () => {
    const keep = join(await makeTempFolder(), 'file');
    await writeFile(keep, 'mine');
    await expect(openStateFolder(keep)).rejects.toThrow(/^--keep cannot use ".*file": EEXIST/);
  });
});
