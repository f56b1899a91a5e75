import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError, UserError } from '../../../src/errors.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { explainFileError, findUnwritable } from '../../../src/lake/directory/file-errors.ts';
import { movieKey } from '../../../src/lake/keys.ts';
import { isWindows, noModesReason } from '../../support/platform.ts';
import { describeLakeContract, listAll } from '../lake-contract.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tdd-lake-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newDirectory = () => mkdtemp(join(folder, 'lake-'));

describe('a lake in a directory', () => {
  describeLakeContract({
    streamedMb: 96,
    swappers: 20,
    swaps: 100,
    openLake: async () => createDirectoryLake({ directory: await newDirectory() }),
    parallelLakes: async () => {
      const directory = await newDirectory();
      return [createDirectoryLake({ directory }), createDirectoryLake({ directory })];
    },
  });
});

describe('the directory of a lake', () => {
  test('contains one file per object, named by its key, and .tdd', async () => {
    const directory = join(await newDirectory(), 'made', 'on demand');
    const lake = createDirectoryLake({ directory });
    const key = movieKey({ year: 2004, initial: 'AD' }, 550);
    await lake.write(key, '{}', 'application/json');
    expect(await readFile(join(directory, key), 'utf8')).toBe('{}');
    expect(await readdir(directory)).toEqual(['.tdd', 'tmdb']);
    expect(await readdir(join(directory, 'tmdb/movies/year-2004/initial-AD'))).toEqual([
      'tmdb-movie-550.json',
    ]);
  });

  test('counts as an empty lake if it does not exist, and is not created by reading', async () => {
    const directory = join(await newDirectory(), 'none');
    const lake = createDirectoryLake({ directory });
    expect(await lake.read('a')).toBeUndefined();
    expect(await listAll(lake, '')).toEqual([]);
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  test('may contain symbolic links to folders', async () => {
    const directory = await newDirectory();
    await symlink(await newDirectory(), join(directory, 'tmdb'), 'junction');
    const lake = createDirectoryLake({ directory });
    await lake.write('tmdb/a', 'x', 'text/plain');
    expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(['tmdb/a']);
    expect(await lake.listFolders('')).toEqual(['tmdb/']);
  });

  test.each(['../a', 'a/../../b', '/a', 'a//b', 'a/', './a', '', 'a\0b', '.tdd/locks/a'])(
    'rejects a key that could point outside it: %j',
    async (key) => {
      const lake = createDirectoryLake({ directory: await newDirectory() });
      await expect(lake.write(key, 'x', 'text/plain')).rejects.toThrow(RangeError);
      await expect(lake.read(key)).rejects.toThrow(RangeError);
    },
  );

  test.each(['..', '../', '/', 'a/../', '.tdd/', '.tdd'])('lists nothing for %j', async (prefix) => {
    const lake = createDirectoryLake({ directory: await newDirectory() });
    await lake.compareAndSwap('a/b', 'x', 'text/plain', null);
    expect(await listAll(lake, prefix)).toEqual([]);
  });

  test('lists many objects sorted by key', async () => {
    const lake = createDirectoryLake({ directory: await newDirectory() });
    const keys = Array.from({ length: 300 }, (_, index) => `p/${String(index).padStart(5, '0')}`);
    await Promise.all(keys.toReversed().map((key) => lake.write(key, '', 'text/plain')));
    expect((await listAll(lake, 'p/')).map(({ key }) => key)).toEqual(keys);
  });

  test('gives an object a new version with each of many quick writes of the same size', async () => {
    const lake = createDirectoryLake({ directory: await newDirectory() });
    const etags = new Set<string>();
    for (let index = 0; index < 500; index += 1) etags.add(await lake.write('a', 'same', 'text/plain'));
    expect(etags.size).toBe(500);
  });
});

describe('an error of the file system', () => {
  test('is explained when the directory is a file or is inside one', async () => {
    const file = join(await newDirectory(), 'file');
    await writeFile(file, '');
    // Windows does not distinguish a path inside a file from a missing one.
    for (const directory of isWindows ? [file] : [file, join(file, 'below')]) {
      const lake = createDirectoryLake({ directory });
      const calls = [
        () => lake.read('a'),
        () => lake.write('a', 'x', 'text/plain'),
        () => lake.compareAndSwap('a', 'x', 'text/plain', null),
        () => listAll(lake, ''),
      ];
      for (const call of calls) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UsageError);
        expect(String(error)).toContain(`${directory} is a file or is inside one`);
      }
    }
  });

  test('is explained when a key is also the folder of other keys', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    await lake.write('a/b', 'x', 'text/plain');
    await expect(lake.write('a', 'x', 'text/plain')).rejects.toThrow(
      `Cannot write ${join(directory, 'a')}${isWindows ? '' : ': EISDIR'}`,
    );
    expect(await readdir(join(directory, '.tdd', 'unfinished'))).toEqual([]);
  });

  test.skipIf(noModesReason)('is explained when the directory is not writable', async () => {
    const directory = await newDirectory();
    await chmod(directory, 0o500);
    const lake = createDirectoryLake({ directory });
    await expect(lake.write('a', 'x', 'text/plain')).rejects.toThrow(
      `Cannot write ${join(directory, 'a')} because of ${directory}: permission denied`,
    );
    await chmod(directory, 0o700);
  });

  test.skipIf(noModesReason)('is found without a write when the directory cannot be written', async () => {
    const directory = await newDirectory();
    const absent = join(directory, 'a', 'b');
    await chmod(directory, 0o500);
    const denied = { folder: directory, reason: 'permission denied' };
    expect([await findUnwritable(directory), await findUnwritable(absent)]).toEqual([denied, denied]);
    await chmod(directory, 0o700);
    expect([await findUnwritable(directory), await findUnwritable(absent)]).toEqual([undefined, undefined]);
    expect(await readdir(directory)).toEqual([]);
  });

  test.skipIf(noModesReason)('names the folder to which access is denied', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    await lake.write('a/b', 'x', 'text/plain');
    const closed = join(directory, 'a');
    await chmod(closed, 0o000);
    const denied = (doing: string, path: string) =>
      `Cannot ${doing} ${join(directory, path)} because of ${closed}: permission denied`;
    await expect(lake.write('a/b', 'x', 'text/plain')).rejects.toThrow(denied('write', 'a/b'));
    await expect(lake.read('a/b')).rejects.toThrow(denied('read', 'a/b'));
    await expect(listAll(lake, '')).rejects.toThrow(
      `Cannot list ${directory} because of ${closed}: permission denied`,
    );
    await chmod(closed, 0o500);
    await expect(lake.write('a/b', 'x', 'text/plain')).rejects.toThrow(denied('write', 'a/b'));
    await chmod(closed, 0o700);
  });

  test.skipIf(noModesReason)(
    'does not affect writes when it occurs while listing unfinished files',
    async () => {
      const directory = await newDirectory();
      const unfinished = join(directory, '.tdd', 'unfinished');
      await createDirectoryLake({ directory }).write('a', 'x', 'text/plain');
      await chmod(unfinished, 0o300);
      await createDirectoryLake({ directory }).write('b', 'x', 'text/plain');
      expect(await readFile(join(directory, 'b'), 'utf8')).toBe('x');
      await chmod(unfinished, 0o700);
    },
  );

  test('names the path whose permissions caused it', async () => {
    const locked = join(await newDirectory(), 'locked');
    await writeFile(locked, '');
    const explain = (path: string) =>
      explainFileError(Object.assign(new Error('EACCES: no'), { code: 'EACCES', path }), {
        root: folder,
        path: '/lake/a',
        doing: 'write',
      });
    const sentence = `Cannot write /lake/a because of ${locked}: permission denied`;
    expect(String(await explain(locked))).toContain(sentence);
    expect(String(await explain(join(locked, 'not', 'there')))).toContain(sentence);
  });

  test.each([
    ['EACCES', 'permission denied'],
    ['EROFS', 'the file system is read-only'],
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is exceeded'],
    ['ENOENT', 'its folder was deleted, or cannot be created there. Check the path.'],
    ['EIO', 'EIO: broken'],
  ])('is explained in one sentence: %s', async (code, sentence) => {
    const cause = Object.assign(new Error(`${code}: broken`), { code });
    const explained = await explainFileError(cause, { root: folder, path: '/lake/a', doing: 'write' });
    expect(explained).toBeInstanceOf(UserError);
    expect(explained).toMatchObject({ cause });
    expect(String(explained)).toContain(`Cannot write /lake/a: ${sentence}`);
  });

  test.each(['EMFILE', 'ENFILE'])(
    'is not attributed to the path for too many open files: %s',
    async (code) => {
      const cause = Object.assign(new Error(`${code}: broken`), { code });
      const explained = await explainFileError(cause, { root: folder, path: '/lake/a', doing: 'write' });
      expect(explained).toMatchObject({
        cause,
        exitCode: 1,
        message: expect.stringMatching(/^Too many files are open/),
      });
    },
  );

  test('is not assumed for other errors, which are returned unchanged', async () => {
    const cause = new TypeError('A bug.');
    expect(await explainFileError(cause, { root: folder, path: '/lake/a', doing: 'write' })).toBe(cause);
  });
});
