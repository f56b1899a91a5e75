import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CATALOGUE_DEFAULTS } from '../../sandbox/catalogue.ts';
import { listenOnLoopback } from '../../sandbox/loopback-server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts';
import { tempFolders } from '../support/temp-folder.ts';

const makeFolder = tempFolders();
let sandbox: Sandbox | undefined;
afterEach(() => sandbox?.stop());

const sourceOf = ({ environment: { TMDB_BASE_URL, IMDB_DATASETS_URL } }: Sandbox) => [
  TMDB_BASE_URL,
  IMDB_DATASETS_URL,
];

it('keeps the addresses and contents of TMDB and IMDb for the next sandbox in the same folder', async () => {
  const directory = join(makeFolder(), 'aws');
  sandbox = await startSandbox({ directory, titles: 10 });
  const before = sourceOf(sandbox);
  const { rows } = sandbox.catalogue;
  await sandbox.stop();
  sandbox = await startSandbox({ directory, seed: CATALOGUE_DEFAULTS.seed });
  expect(sourceOf(sandbox)).toEqual(before);
  expect(sandbox.catalogue.rows).toEqual(rows);
  await sandbox.stop();
  await expect(startSandbox({ directory, titles: 11 })).rejects.toThrow(
    `The sandbox in "${directory}" has another catalog: leave out --titles and --tour, or give another --keep DIR.`,
  );
});

it('reports a port that another program has taken', async () => {
  const directory = join(makeFolder(), 'aws');
  sandbox = await startSandbox({ directory, titles: 10 });
  const port = Number(new URL(sandbox.environment.IMDB_DATASETS_URL ?? '').port);
  await sandbox.stop();
  const other = await listenOnLoopback(createServer(), port);
  await expect(startSandbox({ directory, titles: 10 })).rejects.toThrow(
    `Port ${port}, which the sandbox in "${directory}" needs again, is in use`,
  );
  await other.stop();
});
