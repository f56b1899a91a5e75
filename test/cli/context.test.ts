import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../src/cli/context.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

async function setUp({ isTTY = false, flags = {}, config = '' } = {}) {
  const cwd = await makeTempFolder();
  if (config !== '') await writeFile(join(cwd, 'config.ini'), config);
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const secrets = createSecrets();
  const io = {
    argv: [],
    env: {},
    cwd,
    stdin,
    stdout: new PassThrough(),
    stderr,
    signals: new EventEmitter(),
  };
  const context = createContext(io, { secrets, signal: new AbortController().signal }, flags);
  const type = async (question: string, keys: string) => {
    let shown = '';
    while (!shown.includes(question)) shown += (await EventEmitter.once(stderr, 'data'))[0];
    stdin.write(keys);
  };
  return { context, cwd, secrets, type, shown: () => String(stderr.read() ?? '') };
}

describe("a command's context", () => {
  test('reads config.ini in the working directory, and redacts its secret', async () => {
    const { context, secrets } = await setUp({
      config: '[TMDB]\napi_key = 0123456789abcdef\nlanguage = de\n',
    });
    expect(await context.readSettings()).toMatchObject({ apiKey: '0123456789abcdef', language: 'de' });
    expect(secrets.redact('0123456789abcdef')).toBe('[secret]');
  });

  test('rejects a --config file that does not exist, unless the command creates it', async () => {
    const { context, cwd } = await setUp({ flags: { config: 'other.ini' } });
    await expect(context.readSettings()).rejects.toThrow(`The file ${join(cwd, 'other.ini')} does not exist`);
    expect((await context.readSources({ mayBeAbsent: true })).file?.get('TMDB', 'API_KEY')).toBeUndefined();
  });

  test('reports with --verbose which file was read and where each setting comes from, without secrets', async () => {
    const config = '[DATALAKE]\nBUCKET_NAME = a-lake\n[TMDB]\nAPI_KEY = 0123456789abcdef\n';
    const { context, cwd, shown } = await setUp({ config, flags: { verbose: true, workers: '8' } });
    await context.readSettings();
    expect(shown().split('\n')).toEqual(
      expect.arrayContaining([
        `${cwd}/config.ini was read.`,
        `BUCKET_NAME = a-lake, from [DATALAKE] BUCKET_NAME in ${cwd}/config.ini`,
        `API_KEY, from [TMDB] API_KEY in ${cwd}/config.ini`,
        'WORKERS = 8, from --workers',
        'LANGUAGE = en-US, the default',
      ]),
    );
    expect(shown()).not.toContain('0123456789abcdef');
  });

  test('returns a required setting, or names the places to set it', async () => {
    const { context, cwd } = await setUp({ config: '[DATALAKE]\nBUCKET_NAME = a-lake\n' });
    const settings = await context.readSettings();
    expect(await context.requireSetting(settings, 'bucketName')).toBe('a-lake');
    await expect(context.requireSetting(settings, 'apiKey')).rejects.toThrow(
      `--tmdb-api-key, TMDB_API_KEY or [TMDB] API_KEY in ${join(cwd, 'config.ini')}`,
    );
  });

  test('asks for a required setting on a terminal, and does not show a secret one', async () => {
    const { context, secrets, type } = await setUp({ isTTY: true });
    const settings = await context.readSettings();
    const bucketName = context.requireSetting(settings, 'bucketName');
    await type('data lake:', 'a-lake\r');
    expect(await bucketName).toBe('a-lake');
    const apiKey = context.requireSetting(settings, 'apiKey');
    await type('token:', '0123456789abcdef\r');
    expect(await apiKey).toBe('0123456789abcdef');
    expect(secrets.redact('0123456789abcdef')).toBe('[secret]');
  });
});
