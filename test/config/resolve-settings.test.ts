import { describe, expect, test } from 'vitest';
import {
  type ConfigValues,
  flagAttribute,
  missingSetting,
  resolveSettings,
  settingsEnvironment,
} from '../../src/config/resolve-settings.ts';
import { SETTING_NAMES, SETTINGS } from '../../src/config/settings.ts';
import { UsageError } from '../../src/errors.ts';

function configFile(values: Readonly<Record<string, string>>): ConfigValues {
  return { path: '/home/me/config.ini', get: (section, key) => values[`${section}.${key}`] };
}

describe('resolveSettings', () => {
  test('returns the defaults when nothing is set', () => {
    expect(resolveSettings({ env: {} })).toEqual({
      bucketName: undefined,
      apiKey: undefined,
      language: 'en-US',
      reviewLanguage: 'en-US',
      lookup: 'details',
      append: [],
      requestsPerSecond: 40,
      tmdbBaseUrl: 'https://api.themoviedb.org',
      imdbDatasetsUrl: 'https://datasets.imdbws.com',
      titleTypes: ['movie'],
      acceptShrunkenList: 'no',
      lambdaName: 'tmdb-downloader-lambda',
      queueName: 'tmdb-downloader-queue',
      workers: 4,
      memorySize: 512,
    });
  });

  test('prefers the flag to the environment to the file to the default', () => {
    const flags = { workers: '8' };
    const env = { TDD_WORKERS: '7', TDD_QUEUE_NAME: 'from-env' };
    const file = configFile({ 'AWS.WORKERS': '6', 'AWS.QUEUE_NAME': 'from-file', 'AWS.MEMORY_SIZE': '256' });
    expect(resolveSettings({ flags, env, file })).toMatchObject({
      workers: 8,
      queueName: 'from-env',
      memorySize: 256,
      lambdaName: 'tmdb-downloader-lambda',
    });
  });

  test.each(SETTING_NAMES)('reads %s from its flag, its variable and its key', (name) => {
    const { section, key, env, flag, default: standard } = SETTINGS[name];
    const texts: Readonly<Record<string, string>> = {
      bucketName: 'a-lake',
      apiKey: 'k'.repeat(32),
      append: 'credits',
      roleBoundary: 'arn:aws:iam::123456789012:policy/boundary',
      roleArn: 'arn:aws:iam::123456789012:role/worker',
    };
    const text = texts[name] ?? standard;
    const expected = SETTINGS[name].parse(String(text));
    expect(resolveSettings({ env: { [env]: text } })[name]).toEqual(expected);
    expect(
      resolveSettings({ env: {}, file: configFile({ [`${section}.${key}`]: String(text) }) })[name],
    ).toEqual(expected);
    if (flag) {
      expect(resolveSettings({ env: {}, flags: { [flagAttribute(flag.name)]: text } })[name]).toEqual(
        expected,
      );
    }
  });

  test('treats an empty value as not set', () => {
    const settings = resolveSettings({
      flags: { workers: '' },
      env: { TDD_WORKERS: ' ' },
      file: configFile({ 'AWS.WORKERS': '12', 'TMDB.LANGUAGE': '' }),
    });
    expect(settings).toMatchObject({ workers: 12, language: 'en-US' });
  });

  test.each([
    [{ flags: { workers: '1' }, env: {} }, '--workers must be a whole number from 2 to 1000 (got "1")'],
    [{ env: { TDD_WORKERS: '1' } }, 'TDD_WORKERS must be a whole'],
    [
      { env: {}, file: configFile({ 'AWS.WORKERS': '1' }) },
      '[AWS] WORKERS in /home/me/config.ini must be a whole',
    ],
  ])('names the source of an invalid value: %#', (sources, message) => {
    expect(() => resolveSettings(sources)).toThrow(UsageError);
    expect(() => resolveSettings(sources)).toThrow(message);
  });

  test('rejects append with the lookup that does not support it', () => {
    const sources = { flags: { append: 'credits' }, env: { TMDB_LOOKUP: 'find' } };
    expect(() => resolveSettings(sources)).toThrow(/--append.*credits.*TMDB_LOOKUP "find"/);
  });

  test('names the flag, the variable and the key of a missing setting', () => {
    const { message } = missingSetting('apiKey', '/home/me/config.ini');
    expect(message).toMatch(
      /--tmdb-api-key, TMDB_API_KEY or \[TMDB\] API_KEY in \/home\/me\/config\.ini\. "tdd development" asks/,
    );
  });
});

describe('settingsEnvironment', () => {
  test('converts settings to an environment that resolves to the same settings', () => {
    const settings = resolveSettings({
      flags: { datalakeBucketName: 'a-lake', append: 'credits,keywords', titleTypes: 'tvMovie,movie' },
      env: { TMDB_API_KEY: 'k'.repeat(32), TDD_WORKERS: '9', TMDB_REQUESTS_PER_SECOND: '2.5' },
    });
    const env = settingsEnvironment(settings);
    expect(resolveSettings({ env })).toEqual(settings);
    expect(Object.keys(env).filter((name) => /LAMBDA|QUEUE|MEMORY/.test(name))).toEqual([]);
  });

  test('omits empty values', () => {
    expect(Object.keys(settingsEnvironment(resolveSettings({ env: {} })))).not.toContain('TMDB_APPEND');
  });
});
