import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { UsageError } from '../../src/errors.ts';

const good: readonly [keyof typeof SETTINGS, string, unknown][] = [
  ['bucketName', ' my.data-lake ', 'my.data-lake'],
  ['apiKey', ' 0123456789abcdef0123456789abcdef\n', '0123456789abcdef0123456789abcdef'],
  ['apiKey', 'eyJhbGciOi.J9-_x.y', 'eyJhbGciOi.J9-_x.y'],
  ['language', 'EN-us', 'en-US'],
  ['language', 'de', 'de'],
  ['reviewLanguage', 'es-419', 'es-419'],
  ['lookup', 'find', 'find'],
  [
    'append',
    'keywords, credits,,credits,reviews,watch/providers',
    ['credits', 'keywords', 'watch/providers'],
  ],
  ['append', 'reviews', []],
  ['requestsPerSecond', '0.5', 0.5],
  ['requestsPerSecond', '40', 40],
  ['tmdbBaseUrl', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['tmdbBaseUrl', 'http://localhost:8080', 'http://localhost:8080'],
  ['tmdbBaseUrl', 'http://[::1]:8080', 'http://[::1]:8080'],
  ['tmdbBaseUrl', 'http://127.1.2.3', 'http://127.1.2.3'],
  ['imdbDatasetsUrl', 'http://mirror.example', 'http://mirror.example'],
  ['tmdbBaseUrl', 'https://api.themoviedb.org/3', 'https://api.themoviedb.org'],
  ['tmdbBaseUrl', 'https://api.themoviedb.org/3/', 'https://api.themoviedb.org'],
  ['tmdbBaseUrl', 'https://proxy.example/tmdb/3//', 'https://proxy.example/tmdb'],
  ['tmdbBaseUrl', 'https://proxy.example/v13', 'https://proxy.example/v13'],
  ['imdbDatasetsUrl', 'https://mirror.example/imdb/', 'https://mirror.example/imdb'],
  ['titleTypes', 'TVMOVIE,movie,movie', ['movie', 'tvMovie']],
  ['lambdaName', 'a'.repeat(59), 'a'.repeat(59)],
  ['queueName', 'a'.repeat(76), 'a'.repeat(76)],
  ['workers', '2', 2],
  ['workers', '1000', 1000],
  ['memorySize', '10240', 10_240],
  ...['aws', 'aws-cn', 'aws-us-gov'].flatMap((partition): [keyof typeof SETTINGS, string, unknown][] => {
    const arn = (rest: string) => `arn:${partition}:iam::${rest}`;
    return [
      ['roleArn', ` ${arn('123456789012:role/worker')} `, arn('123456789012:role/worker')],
      ['roleArn', arn('123456789012:role/a/b/worker'), arn('123456789012:role/a/b/worker')],
      ['roleBoundary', arn('123456789012:policy/a/limit'), arn('123456789012:policy/a/limit')],
      ['roleBoundary', arn('aws:policy/PowerUserAccess'), arn('aws:policy/PowerUserAccess')],
    ];
  }),
];

const bad: readonly [keyof typeof SETTINGS, string, RegExp][] = [
  ['bucketName', 'Data_Lake', /"Data_Lake"/],
  ['language', 'english', /en-US.*"english"/],
  ['language', 'en_US', /"en_US"/],
  ['lookup', 'search', /details or find.*"search"/],
  ['append', 'credits,../x', /"\.\.\/x"/],
  ['append', Array.from({ length: 20 }, (_, i) => `x${'y'.repeat(i)}`).join(), /at most 19 names.*got 20/],
  ['requestsPerSecond', '0', /above 0.*"0"/],
  ['requestsPerSecond', '-1', /"-1"/],
  ['requestsPerSecond', 'Infinity', /"Infinity"/],
  ['requestsPerSecond', '1e3', /"1e3"/],
  ['tmdbBaseUrl', 'api.themoviedb.org', /https:.*"api\.themoviedb\.org"/],
  ['tmdbBaseUrl', 'file:///etc/passwd', /https:/],
  ['tmdbBaseUrl', 'http://api.themoviedb.org', /https:.*unencrypted \(got "http:\/\/api\.themoviedb\.org"\)/],
  ['tmdbBaseUrl', 'http://127.0.0.1.example', /https:/],
  ['tmdbBaseUrl', 'http://127.example', /https:/],
  ['tmdbBaseUrl', 'http://localhost.example', /https:/],
  ['tmdbBaseUrl', 'HTTP://10.0.0.1/3', /https:.*"http:\/\/10\.0\.0\.1"/],
  ['tmdbBaseUrl', 'https://h.example/?x=1', /query.*h\.example/],
  ['titleTypes', 'movie,film', /tvMovie.*"film"/],
  ['titleTypes', ',', /must be one or more of movie, short/],
  ['lambdaName', 'a'.repeat(60), /59/],
  ['lambdaName', 'my lambda', /"my lambda"/],
  ['queueName', 'movies.fifo', /FIFO/],
  ['queueName', 'a'.repeat(77), /76/],
  ['workers', '1', /2 to 1000.*"1"/],
  ['workers', '1001', /"1001"/],
  ['workers', '2.5', /"2\.5"/],
  ['roleArn', 'worker', /ARN of a role.*"worker"/],
  ['roleArn', 'arn:aws:iam::123456789012:role/', /ARN of a role/],
  ['roleArn', 'arn:aws:iam::aws:role/worker', /ARN of a role/],
  ['roleArn', 'arn:aws:iam::123456789012:policy/limit', /ARN of a role/],
  ['roleArn', 'arn:aws:sts::123456789012:assumed-role/worker/me', /ARN of a role/],
  ['roleBoundary', 'arn:aws:iam::123456789012:role/worker', /ARN of a policy/],
  ['roleBoundary', 'limit', /ARN of a policy.*"limit"/],
  ['memorySize', '127', /128 to 10240.*"127"/],
];

describe('a setting', () => {
  test.each(good)('%s accepts %j', (name, text, value) => {
    expect(SETTINGS[name].parse(text)).toEqual(value);
  });

  test.each(bad)('%s rejects %j and names the allowed values', (name, text, message) => {
    expect(() => SETTINGS[name].parse(text)).toThrow(UsageError);
    expect(() => SETTINGS[name].parse(text)).toThrow(message);
  });

  test('never shows an invalid API key or a password in an address', () => {
    expect(() => SETTINGS.apiKey.parse('hush hush')).toThrow(/^(?!.*hush).*must not contain spaces/);
    expect(() => SETTINGS.apiKey.parse(' ')).toThrow(/must not be empty/);
    expect(() => SETTINGS.tmdbBaseUrl.parse('https://me:hush@h.example')).toThrow(/^(?!.*hush)/);
    expect(() => SETTINGS.tmdbBaseUrl.parse('ftp://me:hush@h.example')).toThrow(/^(?!.*hush)/);
    expect(() => SETTINGS.tmdbBaseUrl.parse('https://me:hush@h.example:99999')).toThrow(/^(?!.*hush)/);
    expect(() => SETTINGS.tmdbBaseUrl.parse('me:hush@h.example')).toThrow(/^(?!.*hush)/);
  });
});
