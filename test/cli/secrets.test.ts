import { describe, expect, test } from 'vitest';
import { createSecrets, SECRET_FLAG, SECRET_VARIABLE } from '../../src/cli/secrets.ts';
import { SETTING_NAMES, SETTINGS } from '../../src/config/settings.ts';

describe('secrets', () => {
  test('redacts a secret anywhere in a text, also percent-encoded', () => {
    const secrets = createSecrets(['hush+hush/hush']);
    expect(secrets.redact('a hush+hush/hush b hush%2Bhush%2Fhush c')).toBe('a [secret] b [secret] c');
  });

  test('redacts a secret that a message quotes or shortens', () => {
    const { redact } = createSecrets(['hush"hush\\hush', 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQi.sig']);
    expect(redact(`(got ${JSON.stringify('hush"hush\\hush')}).`)).toBe('(got "[secret]").');
    expect(redact('a … (got "eyJhbGciOiJIUzI1NiJ9.e…") b …')).toBe('a … (got "[secret]…") b …');
    expect(redact('eyJhbGc… eyJhbGciO.')).toBe('eyJhbGc… eyJhbGciO.');
  });

  test('redacts secrets that are added later', () => {
    const secrets = createSecrets();
    secrets.add('0123456789abcdef');
    expect(secrets.redact('x0123456789abcdefx')).toBe('x[secret]x');
  });

  test('redacts unknown keys after api_key= and Bearer', () => {
    const { redact } = createSecrets();
    expect(redact('GET /3/movie/1?api_key=abc&language=de')).toBe(
      'GET /3/movie/1?api_key=[secret]&language=de',
    );
    expect(redact('authorization: Bearer eyJhbGci.eyJh.sig-x')).toBe('authorization: Bearer [secret]');
  });

  test('does not redact values that are too short for a key', () => {
    expect(createSecrets(['a', '', undefined]).redact('a banana')).toBe('a banana');
  });

  test('knows the secrets of the table of settings', () => {
    const secrets = SETTING_NAMES.map((name) => SETTINGS[name]).filter(({ secret }) => secret);
    expect(secrets.map(({ env, flag }) => [env, `--${flag?.name}`])).toEqual([
      [SECRET_VARIABLE, SECRET_FLAG],
    ]);
  });
});
