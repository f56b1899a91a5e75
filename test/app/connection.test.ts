import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect, openLake, readSettings } from '../../src/app/connection.ts';
import { UsageError } from '../../src/errors.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

describe('readSettings', () => {
  test('prefers the environment to config.ini in the folder, and config.ini to the defaults', async () => {
    const folder = await makeTempFolder();
    await writeFile(
      join(folder, 'config.ini'),
      '[DATALAKE]\nBUCKET_NAME = of-the-file\n[AWS]\nWORKERS = 9\n',
    );
    const settings = await readSettings({ folder, env: { TDD_WORKERS: '7' } });
    expect(settings).toMatchObject({ bucketName: 'of-the-file', workers: 7, requestsPerSecond: 40 });
  });

  test('reads the file that TDD_CONFIG names instead', async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, 'config.ini'), '[DATALAKE]\nBUCKET_NAME = of-the-file\n');
    await writeFile(join(folder, 'other.ini'), '[DATALAKE]\nBUCKET_NAME = of-the-other\n');
    const settings = await readSettings({ folder, env: { TDD_CONFIG: 'other.ini' } });
    expect(settings.bucketName).toBe('of-the-other');
  });

  test('works without a file, and reports an invalid value', async () => {
    const folder = await makeTempFolder();
    expect((await readSettings({ folder, env: {} })).bucketName).toBeUndefined();
    const wrong = readSettings({ folder, env: { TDD_WORKERS: 'many' } });
    await expect(wrong).rejects.toThrow(UsageError);
    await expect(wrong).rejects.toThrow(/TDD_WORKERS/);
  });
});

describe('openLake', () => {
  test('opens a directory or a bucket, without settings', async () => {
    const folder = await makeTempFolder();
    expect((await openLake(folder)).url).toBe(folder);
    expect((await openLake('s3://films')).url).toBe('s3://films');
    await expect(openLake('s3://films/2004')).rejects.toThrow(UsageError);
    await expect(openLake('https://films')).rejects.toThrow(UsageError);
  });

  test('does not take a misspelled directory for an empty lake', async () => {
    const missing = join(await makeTempFolder(), 'lkae');
    await expect(openLake(missing)).rejects.toThrow('does not exist');
    expect((await openLake(missing, { create: true })).url).toBe(missing);
  });
});

describe('connect', () => {
  test('with a lake needs no bucket, and no API key before the first download', async () => {
    const settings = await readSettings({ folder: await makeTempFolder(), env: {} });
    const lake = await openLake(await makeTempFolder());
    const connection = connect(settings, { lake });
    expect(connection).toMatchObject({ lake, datasetsUrl: 'https://datasets.imdbws.com' });
    await expect(connection.tmdb.get('/3/configuration', {}, () => {})).rejects.toThrow(
      /API key .* is not set/,
    );
    expect(() => connect(settings, { env: {} })).toThrow(UsageError);
  });
});
