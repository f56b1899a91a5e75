import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/program.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

describe('the sandbox', () => {
  test('is not part of the worker: the bundle contains neither its files nor its API key', async () => {
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
    expect(files.filter((file) => file.startsWith('sandbox/'))).toEqual([]);
    expect(await readFile(join(PROGRAM, 'dist/worker/index.mjs'), 'utf8')).not.toContain('5a4db0c');
  });

  test('does not share its state with a second one that runs at the same time', async () => {
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
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringMatching(/bucket .* does not exist/),
      });
      expect(second.tmdb.stats().requests).toEqual([]);
    } finally {
      await Promise.all(both.map(({ stop }) => stop()));
    }
  });
});
