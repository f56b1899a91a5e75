import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect } from 'vitest';
import { type CatalogueOptions, createCatalogue } from '../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import type { Partition } from '../../src/partition.ts';
import { type CliOptions, runCli } from './run-cli.ts';
import { tempFolders } from './temp-folder.ts';

/**
 * Starts TMDB and IMDb for the tests of a file. Each test gets an empty working directory, and stand-ins without faults.
 * @param defaults options of each run.
 */
export async function startStandIns(options: CatalogueOptions, defaults: Partial<CliOptions> = {}) {
  const catalogue = createCatalogue({ initialOf }, options);
  const tmdb = await startTmdbStandIn({ catalogue });
  const imdb = await startImdbStandIn({ source: catalogue });
  const addresses = { TMDB_BASE_URL: tmdb.url, IMDB_DATASETS_URL: imdb.url };
  const newFolder = tempFolders();
  let cwd: string;
  let cache: string;
  afterAll(() => Promise.all([tmdb.stop(), imdb.stop()]));
  beforeEach(() => {
    tmdb.setFaults({});
    tmdb.setKeyRevoked(false);
    tmdb.clearStats();
    imdb.setMode('good');
    cwd = newFolder();
    cache = newFolder();
  });
  /** Returns a path in the test's working directory, or that directory. */
  const inCwd = (...path: string[]) => join(cwd, ...path);
  /** Runs a command in the test's working directory. */
  const tdd = (argv: string, { env, ...run }: Partial<CliOptions> = {}) =>
    runCli(argv.split(' '), {
      cwd,
      columns: 200,
      ...defaults,
      ...run,
      env: {
        TMDB_API_KEY: SANDBOX_API_KEY,
        ...addresses,
        TMDB_REQUESTS_PER_SECOND: '2000',
        XDG_CACHE_HOME: cache,
        ...env,
      },
    });
  return {
    catalogue,
    /** The titles of the catalogue by IMDb ID. */
    expectedTitles: catalogue.expectedTitles(),
    tmdb,
    imdb,
    /** The environment variables with the stand-ins' addresses. */
    addresses,
    inCwd,
    tdd,
    /** Expects that a command reports wrong usage in one sentence, and writes nothing. */
    async expectUsageError(argv: string, sentence: RegExp): Promise<void> {
      const run = await tdd(argv);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr.trim().split('\n')).toHaveLength(1);
      expect(run.stderr).toMatch(sentence);
      expect(await readdir(cwd)).toEqual([]);
    },
    /** Compares these partitions of the directory `lake` with the catalogue. */
    verify: (...partitions: Partition[]) =>
      verifyLake({ lake: createDirectoryLake({ directory: inCwd('lake') }), catalogue }, { partitions }),
  };
}
