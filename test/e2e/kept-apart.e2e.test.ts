import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { PROGRAM, TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

describe('what belongs to the sandbox', () => {
  test('is not in the worker: neither a file of it, nor its key', async () => {
    const { metafile } = await build({
      entryPoints: [path('src/worker/entry.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const files = Object.keys(metafile.inputs);
    expect(files).toContain('src/worker/entry.ts');
    expect(files.filter((file) => file.includes('sandbox/') || file.includes('fauxqs'))).toEqual([]);
    expect(await readFile(join(PROGRAM, 'dist/worker/index.mjs'), 'utf8')).not.toContain('5a4db0c');
  });

  test('is loaded by no command', { timeout: 120_000 }, async () => {
    const commands = await readdir(path('src/cli/commands'));
    expect(commands.length).toBeGreaterThan(8);
    const loaders: string[] = [];
    const queue = commands.map((file) => file.replace('.ts', '')).values();
    const lookAtNext = async (): Promise<void> => {
      for (const name of queue) {
        const loaded = await modulesOf([name, ...(ENOUGH_TO_ACT[name] ?? [])]);
        expect(loaded.some((url) => url.endsWith(`/cli/commands/${name}.js`))).toBe(true);
        if (loaded.some((url) => /\/sandbox\/|fauxqs/.test(url))) loaders.push(name);
      }
    };
    await Promise.all([lookAtNext(), lookAtNext(), lookAtNext()]);
    expect(loaders).toEqual([]);
  });

  test('is not shared by two of them at once', async () => {
    const both = await Promise.all([openSandbox({ titles: 80 }), openSandbox({ titles: 80 })]);
    try {
      const [first, second] = both as [OpenSandbox, OpenSandbox];
      const places = both.flatMap(({ aws, tmdb, environment, folder }) => [
        aws.endpoint,
        tmdb.url,
        environment.IMDB_DATASETS_URL,
        folder,
      ]);
      expect(new Set(places).size).toBe(8);
      await first.tddJson('deploy', '--yes');
      const { exitCode, stderr } = await second.tdd('status');
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(/no bucket/) });
      expect(second.tmdb.stats().requests).toEqual([]);
    } finally {
      await Promise.all(both.map(({ stop }) => stop()));
    }
  });
});

/** Flags with which a command goes beyond its questions, up to services that are not there. */
const ENOUGH_TO_ACT: Readonly<Record<string, readonly string[]>> = {
  deploy: ['--yes'],
  destroy: ['--yes'],
  download: ['--year', '2021', '--initial', 'TH', '--to', 'lake'],
  launch: ['--yes'],
  redrive: ['--yes'],
  simulate: ['--year', '2021', '--initial', 'TH'],
};

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

/** The URLs of all modules that a run of the program loads. */
async function modulesOf(args: readonly string[]): Promise<string[]> {
  const cwd = await makeTempFolder();
  const list = join(cwd, 'loaded');
  await writeFile(join(cwd, 'register.mjs'), REGISTER);
  await writeFile(join(cwd, 'record.mjs'), RECORD);
  const child = spawn(process.execPath, ['--import', join(cwd, 'register.mjs'), TDD, ...args], {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: cwd,
      LOADED: list,
      DATALAKE_BUCKET_NAME: 'films-lake',
      TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
      TMDB_BASE_URL: NOWHERE,
      IMDB_DATASETS_URL: NOWHERE,
      AWS_ENDPOINT_URL: NOWHERE,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('close', resolve));
  return (await readFile(list, 'utf8')).split('\n');
}

const REGISTER = "import { register } from 'node:module'; register('./record.mjs', import.meta.url);";

const RECORD = `
import { appendFileSync } from 'node:fs';

export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}`;
