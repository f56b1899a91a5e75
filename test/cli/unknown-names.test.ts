import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { WORKER_VARIABLES } from '../../src/worker-contract.ts';
import { runCli } from '../support/run-cli.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const VALUE = 'the-secret-value';

let cwd: string;
let path: string;
beforeEach(async () => {
  cwd = await makeTempFolder();
  path = join(cwd, 'config.ini');
});

/** Runs a command that reads the settings, and then fails because no bucket is set. @returns its warnings. */
async function warningsOf({ ini = '', env = {} }: { ini?: string; env?: Record<string, string> }) {
  await writeFile(path, ini);
  const { exitCode, stderr } = await runCli(['download', '--year', '2004', '--initial', 'AD'], {
    cwd,
    env: { TMDB_API_KEY: KEY, ...env },
  });
  const lines = stderr.trimEnd().split('\n');
  expect({ exitCode, last: lines.pop() }).toEqual({
    exitCode: 2,
    last: expect.stringMatching(/^tdd: The S3 bucket of the data lake is not set/),
  });
  expect(stderr).not.toContain(VALUE);
  return lines.map((line) => line.replaceAll(path, 'config.ini'));
}

describe('an unknown name is reported once, with a suggestion', () => {
  it.each([
    ['[TMDB]\nREQUEST_PER_SECOND', '[TMDB] REQUEST_PER_SECOND', '[TMDB] REQUESTS_PER_SECOND'],
    ['[tmdb]\napikey', '[TMDB] apikey', '[TMDB] API_KEY'],
    ['[TMDB]\nBUCKET_NAME', '[TMDB] BUCKET_NAME', '[DATALAKE] BUCKET_NAME'],
    ['[TMBD]\nAPI_KEY', 'The section [TMBD]', '[TMDB]'],
    ['[postgres]\nhost', 'The section [postgres]', undefined],
    ['[TMDB.x]\nAPI_KEY', 'The section [TMDB.x]', '[TMDB]'],
    ['WORKER', 'WORKER', '[AWS] WORKERS'],
    ['[AWS]\nREGION', '[AWS] REGION', undefined],
    [`[TMDB]\n${KEY}`, '[TMDB] …', undefined],
  ])('in config.ini: %j', async (name, shown, suggestion) => {
    const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
    expect(await warningsOf({ ini: `${name} = ${VALUE}\n` })).toEqual([
      `warning: ${shown} in config.ini is unknown to tdd and ignored.${hint}`,
    ]);
  });

  it.each([
    ['TMDB_REQUEST_PER_SECOND', 'TMDB_REQUESTS_PER_SECOND'],
    ['IMDB_TITLE_TYPE', 'IMDB_TITLE_TYPES'],
    ['TDD_CONFG', 'TDD_CONFIG'],
    ['TDD_API_KEY', 'TMDB_API_KEY'],
    ['DATALAKE_BUCKET', 'DATALAKE_BUCKET_NAME'],
    ['TMDB_SESSION', undefined],
  ])('in the environment: %s', async (name, suggestion) => {
    const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
    expect(await warningsOf({ env: { [name]: VALUE } })).toEqual([
      `warning: ${name} in the environment is unknown to tdd and ignored.${hint}`,
    ]);
  });

  it('for at most five names', async () => {
    const ini = `[TMDB]\n${Array.from({ length: 7 }, (_, at) => `X${at} = ${VALUE}\n`).join('')}`;
    const warnings = await warningsOf({ ini });
    expect(warnings).toHaveLength(6);
    expect(warnings.at(-1)).toBe('warning: 2 further unknown names in config.ini or the environment.');
  });
});

it('no known name is reported, in any case', async () => {
  const rows = Object.values(SETTINGS);
  const ini = rows.map(({ section, key }) => `[${section.toLowerCase()}]\n${key.toLowerCase()} =\n`).join('');
  const names = [...rows.map(({ env }) => env), ...Object.values(WORKER_VARIABLES)];
  const others = ['TDD_TEST_MOTO', 'TDD_TEST_NODES', 'TDD_E2E_CONTROL_PLANE', 'TMDBX', 'PATH'];
  const env = Object.fromEntries([...names.map((name) => [name, '']), ...others.map((name) => [name, 'x'])]);
  expect(await warningsOf({ ini, env: { ...env, TMDB_API_KEY: KEY } })).toEqual([]);
});

it('tdd development keeps an unknown key, and its JSON is unaffected', async () => {
  await writeFile(path, `[TMDB]\nREQUEST_PER_SECOND = ${VALUE}\n`);
  const argv = ['development', '--datalake-bucket-name', 'films-lake', '--no-verify', '--json'];
  const { exitCode, stdout, stderr } = await runCli(argv, { cwd, env: { TMDB_API_KEY: KEY } });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ bucketName: 'films-lake' });
  expect(stderr.match(/REQUEST_PER_SECOND/g)).toHaveLength(1);
  expect(await readFile(path, 'utf8')).toContain(`REQUEST_PER_SECOND = ${VALUE}\n`);
});
