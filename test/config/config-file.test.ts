import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfigFile, writeConfigFile } from '../../src/config/config-file.ts';
import { UsageError } from '../../src/errors.ts';
import { isWindows, noModesReason } from '../support/platform.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** A file written by Python's ConfigParser. */
const PYTHON_FILE = '[DATALAKE]\nbucket_name = old-lake\n\n[TMDB]\napi_key = 0123456789abcdef\n\n';

const bucket = (value: string) => ({ section: 'DATALAKE', key: 'BUCKET_NAME', value });

async function write(text: string | Buffer): Promise<string> {
  const path = join(await makeTempFolder(), 'config.ini');
  await writeFile(path, text);
  return path;
}

describe('readConfigFile', () => {
  test('treats a missing file as an empty one', async () => {
    const file = await readConfigFile(join(await makeTempFolder(), 'config.ini'));
    expect(file.exists).toBe(false);
    expect(file.get('TMDB', 'API_KEY')).toBeUndefined();
  });

  test("reads a file written by Python's ConfigParser, ignoring the case of names", async () => {
    const file = await readConfigFile(await write(PYTHON_FILE));
    expect(file.exists).toBe(true);
    expect(file.get('DATALAKE', 'BUCKET_NAME')).toBe('old-lake');
    expect(file.get('tmdb', 'Api_Key')).toBe('0123456789abcdef');
  });

  test.each([
    ['KEY=value', 'value'],
    ['KEY  =  value  ', 'value'],
    ['KEY = a=b==', 'a=b=='],
    ['KEY = "quoted # ; value"', 'quoted # ; value'],
    ['KEY = value ; a remark', 'value'],
    ['KEY = value # a remark', 'value'],
    ['KEY = 100%%', '100%%'],
    ['KEY = true', 'true'],
    ['KEY = 0123', '0123'],
    ['KEY =', ''],
    ['KEY = first\nkey = second', 'second'],
    ['; KEY = remark\n# KEY = remark\nKEY = value', 'value'],
    ['KEY = value\n  that goes on', 'value'],
    ['__proto__ = x\nKEY = value', 'value'],
  ])('reads %j as %j', async (lines, value) => {
    expect((await readConfigFile(await write(`[S]\n${lines}\n`))).get('S', 'KEY')).toBe(value);
  });

  test('reads Windows line ends and a byte order mark', async () => {
    const file = await readConfigFile(await write('\uFEFF[TMDB]\r\nAPI_KEY = abc\r\n'));
    expect(file.get('TMDB', 'API_KEY')).toBe('abc');
  });

  test.each([
    ['a binary file', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 0xff])],
    ['text in UTF-16', Buffer.from('[TMDB]\n', 'utf16le')],
    ['a file of two megabytes', Buffer.alloc(2_000_000, '#')],
    ['a line that is nothing', '[TMDB]\nAPI_KEY abc\n'],
    ['a section that is not closed', '[TMDB\n'],
    ['an indented section', '[DATALAKE]\nBUCKET_NAME = my-lake\n  [TMDB]\n  API_KEY = abc\n'],
    ['a section with a remark behind it', '[DATALAKE]\n[TMDB] ; a = b\nAPI_KEY = abc\n'],
  ])('refuses %s, naming the file', async (_what, content) => {
    const path = await write(content);
    const refusal = await readConfigFile(path).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect(String(refusal)).toContain(path);
    expect(String(refusal)).not.toContain('abc');
  });

  test('rejects a folder and names it', async () => {
    const path = await makeTempFolder();
    await expect(readConfigFile(path)).rejects.toThrow(`${path} cannot be read: it is a directory.`);
  });

  test.skipIf(noModesReason)('rejects an unreadable file', async () => {
    const path = await write(PYTHON_FILE);
    await chmod(path, 0o000);
    await expect(readConfigFile(path)).rejects.toThrow(/permission denied/);
  });
});

describe('writeConfigFile', () => {
  test('creates a file that only its owner can read, where files have modes', async () => {
    const path = join(await makeTempFolder(), 'config.ini');
    await writeConfigFile(path, [bucket('my-lake'), { section: 'TMDB', key: 'API_KEY', value: 'abc' }]);
    expect(await readFile(path, 'utf8')).toBe('[DATALAKE]\nBUCKET_NAME = my-lake\n\n[TMDB]\nAPI_KEY = abc\n');
    if (!isWindows) expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('keeps comments, order, spelling, unknown sections and keys', async () => {
    const path = await write(
      '; mine\n[REDSHIFT]\nhost = db # remark\n\n[datalake]\nregion = eu\nbucket_name=old ; remark\n\n[Other]\nx: y = 1\n',
    );
    await writeConfigFile(path, [bucket('new'), { section: 'TMDB', key: 'API_KEY', value: 'abc' }]);
    expect(await readFile(path, 'utf8')).toBe(
      '; mine\n[REDSHIFT]\nhost = db # remark\n\n[datalake]\nregion = eu\nbucket_name=new\n\n[Other]\nx: y = 1\n\n[TMDB]\nAPI_KEY = abc\n',
    );
  });

  test('adds a key at the end of its section', async () => {
    const path = await write('[DATALAKE]\nregion = eu\n\n[TMDB]\napi_key = abc\n');
    await writeConfigFile(path, [bucket('new')]);
    expect(await readFile(path, 'utf8')).toBe(
      '[DATALAKE]\nregion = eu\nBUCKET_NAME = new\n\n[TMDB]\napi_key = abc\n',
    );
  });

  test.skipIf(isWindows)('tightens the mode of a file that others could read', async () => {
    const path = await write(PYTHON_FILE);
    await chmod(path, 0o644);
    await writeConfigFile(path, [bucket('new')]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  // On Windows, only administrators can create symbolic links.
  test.skipIf(isWindows)('writes through a symbolic link', async () => {
    const target = await write(PYTHON_FILE);
    const link = join(await makeTempFolder(), 'config.ini');
    await symlink(target, link);
    await writeConfigFile(link, [bucket('new')]);
    expect(await readFile(target, 'utf8')).toContain('bucket_name = new');
  });

  test.each(['a=b', 'a;b#c', ' a ', '"a"', "'a'", '[a]', 'a\\b', 'true', '100%'])(
    'writes %j so that it reads the same again',
    async (value) => {
      const path = await write(PYTHON_FILE);
      await writeConfigFile(path, [bucket(value)]);
      const file = await readConfigFile(path);
      expect(file.get('DATALAKE', 'BUCKET_NAME')).toBe(value);
      expect(file.get('TMDB', 'API_KEY')).toBe('0123456789abcdef');
    },
  );

  test('sets all lines of a repeated key', async () => {
    const path = await write('[DATALAKE]\nBUCKET_NAME = a\n[datalake]\nbucket_name = b\n');
    await writeConfigFile(path, [bucket('c')]);
    expect((await readConfigFile(path)).get('DATALAKE', 'BUCKET_NAME')).toBe('c');
  });

  test('leaves no file behind when it cannot write', async () => {
    const folder = await makeTempFolder();
    await mkdir(join(folder, 'config.ini'));
    await expect(writeConfigFile(join(folder, 'config.ini'), [bucket('x')])).rejects.toThrow(UsageError);
    await expect(writeConfigFile(join(folder, 'no', 'config.ini'), [bucket('x')])).rejects.toThrow(
      /its directory does not exist/,
    );
    expect(await readdir(folder)).toEqual(['config.ini']);
  });
});
