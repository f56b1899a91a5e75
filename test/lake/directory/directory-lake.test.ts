import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError, UserError } from '../../../src/errors.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { explainFileError } from '../../../src/lake/directory/file-errors.ts';
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
    swappers: 20,
    swaps: 200,
    openLake: async () => createDirectoryLake({ directory: await newDirectory() }),
    parallelLakes: async () => {
      const directory = await newDirectory();
      return [createDirectoryLake({ directory }), createDirectoryLake({ directory })];
    },
  });
});

describe('the directory', () => {
  test('holds an object as a file of its key, and nothing else but .tdd', async () => {
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

  test('is an empty lake while it is not there, and is not made by reading', async () => {
    const directory = join(await newDirectory(), 'none');
    const lake = createDirectoryLake({ directory });
    expect(await lake.read('a')).toBeUndefined();
    expect(await listAll(lake, '')).toEqual([]);
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  test('may have folders that are links', async () => {
    const directory = await newDirectory();
    await symlink(await newDirectory(), join(directory, 'tmdb'), 'junction');
    const lake = createDirectoryLake({ directory });
    await lake.write('tmdb/a', 'x', 'text/plain');
    expect((await listAll(lake, '')).map(({ key }) => key)).toEqual(['tmdb/a']);
  });

  test.each(['../a', 'a/../../b', '/a', 'a//b', 'a/', './a', '', 'a\0b', '.tdd/locks/a'])(
    'takes no key that could leave it: %j',
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

  test('lists many objects in the order of keys', async () => {
    const lake = createDirectoryLake({ directory: await newDirectory() });
    const keys = Array.from({ length: 300 }, (_, index) => `p/${String(index).padStart(5, '0')}`);
    await Promise.all(keys.toReversed().map((key) => lake.write(key, '', 'text/plain')));
    expect((await listAll(lake, 'p/')).map(({ key }) => key)).toEqual(keys);
  });

  test('changes the version of an object with each of many quick writes of one size', async () => {
    const lake = createDirectoryLake({ directory: await newDirectory() });
    const etags = new Set<string>();
    for (let index = 0; index < 500; index += 1) etags.add(await lake.write('a', 'same', 'text/plain'));
    expect(etags.size).toBe(500);
  });
});

describe('what is wrong with a directory', () => {
  test('is told when it is a file, or lies below one', async () => {
    const file = join(await newDirectory(), 'file');
    await writeFile(file, '');
    // Windows does not distinguish what lies below a file from what is missing.
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
        expect(String(error)).toContain(`${directory} is a file or lies below one`);
      }
    }
  });

  test('is told when a key is already the beginning of others', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    await lake.write('a/b', 'x', 'text/plain');
    await expect(lake.write('a', 'x', 'text/plain')).rejects.toThrow(
      `Cannot write ${join(directory, 'a')}${isWindows ? '' : ': EISDIR'}`,
    );
    expect(await readdir(join(directory, '.tdd', 'unfinished'))).toEqual([]);
  });

  test.skipIf(noModesReason)('is told when it is not writable', async () => {
    const directory = await newDirectory();
    await chmod(directory, 0o500);
    const lake = createDirectoryLake({ directory });
    await expect(lake.write('a', 'x', 'text/plain')).rejects.toThrow(
      `Cannot write ${join(directory, 'a')} because of ${directory}: permission is denied`,
    );
    await chmod(directory, 0o700);
  });

  test.skipIf(noModesReason)('names the folder that refuses an object or a list', async () => {
    const directory = await newDirectory();
    const lake = createDirectoryLake({ directory });
    await lake.write('a/b', 'x', 'text/plain');
    const closed = join(directory, 'a');
    await chmod(closed, 0o000);
    const refused = (doing: string, path: string) =>
      `Cannot ${doing} ${join(directory, path)} because of ${closed}: permission is denied`;
    await expect(lake.write('a/b', 'x', 'text/plain')).rejects.toThrow(refused('write', 'a/b'));
    await expect(lake.read('a/b')).rejects.toThrow(refused('read', 'a/b'));
    await expect(listAll(lake, '')).rejects.toThrow(
      `Cannot list ${directory} because of ${closed}: permission is denied`,
    );
    await chmod(closed, 0o500);
    await expect(lake.write('a/b', 'x', 'text/plain')).rejects.toThrow(refused('write', 'a/b'));
    await chmod(closed, 0o700);
  });

  test.skipIf(noModesReason)('hinders no write when unfinished files cannot be listed', async () => {
    const directory = await newDirectory();
    const unfinished = join(directory, '.tdd', 'unfinished');
    await createDirectoryLake({ directory }).write('a', 'x', 'text/plain');
    await chmod(unfinished, 0o300);
    await createDirectoryLake({ directory }).write('b', 'x', 'text/plain');
    expect(await readFile(join(directory, 'b'), 'utf8')).toBe('x');
    await chmod(unfinished, 0o700);
  });

  test('is told with the path whose rights were in the way', async () => {
    const refused = join(await newDirectory(), 'locked');
    await writeFile(refused, '');
    const explain = (path: string) =>
      explainFileError(Object.assign(new Error('EACCES: no'), { code: 'EACCES', path }), {
        root: folder,
        path: '/lake/a',
        doing: 'write',
      });
    const sentence = `Cannot write /lake/a because of ${refused}: permission is denied`;
    expect(String(await explain(refused))).toContain(sentence);
    expect(String(await explain(join(refused, 'not', 'there')))).toContain(sentence);
  });

  test.each([
    ['EACCES', 'permission is denied'],
    ['EROFS', 'the file system is read-only'],
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EIO', 'EIO: broken'],
  ])('becomes a sentence: %s', async (code, sentence) => {
    const cause = Object.assign(new Error(`${code}: broken`), { code });
    const explained = await explainFileError(cause, { root: folder, path: '/lake/a', doing: 'write' });
    expect(explained).toBeInstanceOf(UserError);
    expect(explained).toMatchObject({ cause });
    expect(String(explained)).toContain(`Cannot write /lake/a: ${sentence}`);
  });

  test('stays a bug when it is none of the file system', async () => {
    const cause = new TypeError('A bug.');
    expect(await explainFileError(cause, { root: folder, path: '/lake/a', doing: 'write' })).toBe(cause);
  });
});
