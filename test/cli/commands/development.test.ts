import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GOOD_KEY, startKeyCheck } from '../../support/fake-key-check.ts';
import { startLoopbackServer } from '../../support/loopback-server.ts';
import { isWindows } from '../../support/platform.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const FLAGS = ['--datalake-bucket-name', 'my-lake', '--tmdb-api-key', GOOD_KEY];
/** TMDB's own answer for a path that does not exist. */
const TMDB_404 = '{"success":false,"status_code":34,"status_message":"The resource could not be found."}';

describe('tdd development without a terminal', () => {
  test('checks the key, writes a config.ini that only its owner can read, and shows no key', async () => {
    const cwd = await makeTempFolder();
    const { baseUrl, asked } = await startKeyCheck();
    const run = await runCli(['development', ...FLAGS], { cwd, env: { TMDB_BASE_URL: baseUrl } });
    expect(run).toMatchObject({ exitCode: 0, stderr: 'Checking the key with TMDB …\n' });
    expect(run.stdout).toMatch(
      /Wrote .*config\.ini.*my-lake \(added\).*accepted by TMDB.*Next, .*tdd download/s,
    );
    expect(run.stdout + run.stderr).not.toContain(GOOD_KEY);
    expect(asked).toEqual([`GET /3/authentication?api_key=${GOOD_KEY}`]);
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toBe(
      `[DATALAKE]\nBUCKET_NAME = my-lake\n\n[TMDB]\nAPI_KEY = ${GOOD_KEY}\n`,
    );
    // Windows has no file modes.
    if (!isWindows) expect((await stat(join(cwd, 'config.ini'))).mode & 0o777).toBe(0o600);
  });

  test('reads values from the environment and config.ini, and keeps other lines of config.ini', async () => {
    const cwd = await makeTempFolder();
    await writeFile(join(cwd, 'config.ini'), '[DATALAKE]\nbucket_name = old-lake\nmine = 1\n[X]\ny = 2\n');
    const env = { TMDB_API_KEY: GOOD_KEY };
    const run = await runCli(['development', '--no-verify', '--json'], { cwd, env });
    expect(JSON.parse(run.stdout)).toEqual({
      path: join(cwd, 'config.ini'),
      bucketName: 'old-lake',
      bucketNameChange: 'unchanged',
      apiKeyChange: 'new',
      verified: false,
    });
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toBe(
      `[DATALAKE]\nbucket_name = old-lake\nmine = 1\n[X]\ny = 2\n\n[TMDB]\nAPI_KEY = ${GOOD_KEY}\n`,
    );
  });

  test('exits with code 2 and names the three places to set a missing value', async () => {
    const cwd = await makeTempFolder();
    const run = await runCli(['development', '--datalake-bucket-name', 'my-lake'], { cwd });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/--tmdb-api-key, TMDB_API_KEY or \[TMDB\] API_KEY/);
    expect(await readdir(cwd)).toEqual([]);
  });

  test.each([
    ['a key that TMDB rejects', 'a'.repeat(32), 2],
    ['a key of another form', 'some-key-or-other', 2],
  ])('writes nothing with %s', async (_what, key, exitCode) => {
    const cwd = await makeTempFolder();
    const { baseUrl } = await startKeyCheck();
    const run = await runCli(['development', '--datalake-bucket-name=my-lake', '--tmdb-api-key', key], {
      cwd,
      env: { TMDB_BASE_URL: baseUrl },
    });
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toMatch(/tdd: .*TMDB/);
    expect(run.stderr).not.toContain(key);
    expect(await readdir(cwd)).toEqual([]);
  });

  test.each<[string, number, string, RegExp]>([
    [
      'a proxy answers 401',
      401,
      '<html>Sign in</html>',
      /not check the API key \(401, not from TMDB\): .*--no-verify/,
    ],
    ['a gateway answers 401', 401, '{"message":"Unauthorized"}', /\(401, not from TMDB\): .*--no-verify/],
    ['TMDB has no such path', 404, TMDB_404, /TMDB_BASE_URL \(\[TMDB\] BASE_URL\) must be the base URL/],
  ])('does not take the key for rejected when %s', async (_what, status, body, sentence) => {
    const cwd = await makeTempFolder();
    const server = await startLoopbackServer((_, response) => response.writeHead(status).end(body));
    onTestFinished(() => server.stop());
    const run = await runCli(['development', ...FLAGS], { cwd, env: { TMDB_BASE_URL: server.url } });
    expect(run.stderr).toMatch(sentence);
    expect(run.stderr).not.toContain('rejected');
    expect(run.exitCode).toBe(status === 404 ? 2 : 1);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('reports that TMDB cannot be reached, and how to skip the check', async () => {
    const cwd = await makeTempFolder();
    // No server listens on port 1.
    const run = await runCli(['development', ...FLAGS], {
      cwd,
      env: { TMDB_BASE_URL: 'http://127.0.0.1:1' },
    });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/127\.0\.0\.1:1 .*--no-verify/);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('rejects a bucket name that S3 does not allow', async () => {
    const cwd = await makeTempFolder();
    const run = await runCli(['development', '--datalake_bucket_name=My_Lake', '--no-verify'], { cwd });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(
      /^tdd: --datalake-bucket-name must be a valid S3 bucket name \(got "My_Lake"\)/,
    );
  });

  test('warns about a key of an unusual form, without showing it', async () => {
    const cwd = await makeTempFolder();
    const key = 'eyJhbGciOi-cut-off';
    const run = await runCli(['development', '--datalake-bucket-name=my-lake', '--no-verify'], {
      cwd,
      env: { TMDB_API_KEY: key },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/warning: .*three parts/);
    expect(run.stderr).not.toContain(key);
  });

  test('warns when the environment overrides a value that it wrote', async () => {
    const cwd = await makeTempFolder();
    const env = { DATALAKE_BUCKET_NAME: 'other-lake' };
    const run = await runCli(['development', ...FLAGS, '--no-verify'], { cwd, env });
    expect(run.stderr).toMatch(/warning: DATALAKE_BUCKET_NAME .*takes precedence over config\.ini/);
  });

  test('prints no progress with --quiet', async () => {
    const cwd = await makeTempFolder();
    const { baseUrl } = await startKeyCheck();
    const run = await runCli(['development', ...FLAGS, '--quiet'], { cwd, env: { TMDB_BASE_URL: baseUrl } });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('tdd development on a terminal', () => {
  test('asks for both, masks the key, and asks again after an invalid bucket name', async () => {
    const cwd = await makeTempFolder();
    const { exitCode, stdout, stderr } = await runCli(['development', '--no-verify'], {
      cwd,
      person: async ({ sees, types }) => {
        await sees('data lake (Enter: none):');
        types('My Lake\r');
        await sees('must be a valid S3 bucket name');
        types(`${'\x7f'.repeat(7)}my-lake\r`);
        await sees('token:');
        types(`${GOOD_KEY}\r`);
      },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/my-lake \(added\)/);
    expect(stderr).toContain('*'.repeat(32));
    expect(stdout + stderr).not.toContain(GOOD_KEY);
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toContain(`API_KEY = ${GOOD_KEY}`);
  });

  test('saves the key alone for a lake in a directory', async () => {
    const cwd = await makeTempFolder();
    const run = await runCli(['development', '--no-verify'], {
      cwd,
      person: async ({ sees, types }) => {
        await sees('data lake (Enter: none):');
        types('\r');
        await sees('token:');
        types(`${GOOD_KEY}\r`);
      },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/\n {2}bucket {3}none\n/);
    expect(run.stdout).not.toContain('tdd deploy');
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toMatch(
      /^\[DATALAKE\]\nBUCKET_NAME =\s*\n\n\[TMDB\]\nAPI_KEY = /,
    );
  });

  test('offers the values from the environment and config.ini, without showing the key', async () => {
    const cwd = await makeTempFolder();
    await writeFile(join(cwd, 'config.ini'), `[TMDB]\napi_key = ${GOOD_KEY}\n`);
    const { exitCode, stdout, stderr } = await runCli(['development', '--no-verify', '--json'], {
      cwd,
      env: { DATALAKE_BUCKET_NAME: 'env-lake' },
      person: async ({ sees, types }) => {
        await sees('env-lake');
        types('\r');
        await sees('Enter keeps the one in config.ini');
        types('\r');
      },
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ bucketName: 'env-lake', apiKeyChange: 'unchanged' });
    expect(stderr).not.toContain(GOOD_KEY);
  });

  test('replaces an invalid value in config.ini', async () => {
    const cwd = await makeTempFolder();
    await writeFile(join(cwd, 'config.ini'), '[DATALAKE]\nbucket_name = Bad_Lake\n');
    const run = await runCli(['development', '--no-verify', `--tmdb-api-key=${GOOD_KEY}`], {
      cwd,
      person: async ({ sees, types }) => {
        await sees('data lake (Enter: none):');
        types('good-lake\r');
      },
    });
    expect(run.stderr).toMatch(/warning:.* \[DATALAKE\]\sBUCKET_NAME\sin\s.*"Bad_Lake"/s);
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toContain('bucket_name = good-lake\n');
  });

  test.each([
    ['Ctrl-C at the bucket', 'data lake (Enter: none):', '\x03', []],
    ['Ctrl-D at the bucket', 'data lake (Enter: none):', '\x04', []],
    ['Ctrl-C at the key', 'token:', '\x03', ['--datalake-bucket-name=my-lake']],
  ])('%s ends with 130 and writes nothing', async (_what, question, keys, flags) => {
    const cwd = await makeTempFolder();
    const { exitCode, stdout, stderr } = await runCli(['development', ...flags], {
      cwd,
      person: async ({ sees, types }) => {
        await sees(question);
        types(keys);
      },
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/tdd: Cancelled\.\n$/);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('asks nothing when CI is set', async () => {
    const cwd = await makeTempFolder();
    const run = await runCli(['development'], { cwd, env: { CI: 'true' }, person: async () => {} });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/DATALAKE_BUCKET_NAME/);
  });

  test('asks nothing with --yes', async () => {
    const cwd = await makeTempFolder();
    const options = { cwd, env: { DATALAKE_BUCKET_NAME: 'env-lake' }, person: async () => {} };
    const missing = await runCli(['development', '--yes', '--no-verify'], options);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toMatch(/^tdd: .*--tmdb-api-key.*\n$/s);
    const { baseUrl } = await startKeyCheck();
    const env = { ...options.env, TMDB_BASE_URL: baseUrl, TMDB_API_KEY: 'b'.repeat(32) };
    const rejected = await runCli(['development', '--yes'], { ...options, env });
    expect(rejected.exitCode).toBe(2);
    expect(rejected.stderr).toMatch(/\ntdd: TMDB rejected the API key: .*\n$/s);
  });

  test('asks for another key until TMDB accepts one', async () => {
    const cwd = await makeTempFolder();
    const { baseUrl } = await startKeyCheck();
    const rejected = ['a'.repeat(32), 'b'.repeat(32)];
    const { exitCode, stdout, stderr } = await runCli(['development', '--datalake-bucket-name=my-lake'], {
      cwd,
      env: { TMDB_BASE_URL: baseUrl, TMDB_API_KEY: rejected[0] ?? '' },
      person: async ({ sees, types }) => {
        await sees('TMDB_API_KEY):');
        types('\r');
        await sees('TMDB rejected the API key: 401 (code 7): Invalid API key.');
        await sees('token:');
        types(`${rejected[1]}\r`);
        await sees('TMDB rejected the API key');
        await sees('token:');
        types(`${GOOD_KEY}\r`);
      },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('accepted by TMDB');
    for (const key of [GOOD_KEY, ...rejected]) expect(stdout + stderr).not.toContain(key);
    expect(await readFile(join(cwd, 'config.ini'), 'utf8')).toContain(`API_KEY = ${GOOD_KEY}`);
  });

  test('writes nothing after Ctrl-C at the question for another key', async () => {
    const cwd = await makeTempFolder();
    const { baseUrl } = await startKeyCheck();
    const flags = ['--datalake-bucket-name=my-lake', `--tmdb-api-key=${'a'.repeat(32)}`];
    const { exitCode } = await runCli(['development', ...flags], {
      cwd,
      env: { TMDB_BASE_URL: baseUrl },
      person: async ({ sees, types }) => {
        await sees('token:');
        types('\x03');
      },
    });
    expect(exitCode).toBe(130);
    expect(await readdir(cwd)).toEqual([]);
  });
});
