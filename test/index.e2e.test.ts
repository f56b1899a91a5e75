import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { PROGRAM } from './support/program.ts';
import { makeTempFolder } from './support/temp-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = 'tmdb-distributed-downloader';

/** Opens a sandbox and sets its environment for this process, from which the SDK reads everything. */
async function openSandbox(titles: number) {
  const sandbox = await startSandbox({ directory: await makeTempFolder(), titles, latencyMs: 1 });
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

test('importing the package by name prints nothing and does not keep the process running', async () => {
  const program = `console.log(JSON.stringify(Object.keys(await import('${PACKAGE}'))));`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: PROGRAM,
    env: { PATH: process.env.PATH },
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(NAMES);
});

/** All entry points that are values. */
const NAMES = [
  'CancelledError',
  'DamagedDocumentError',
  'UsageError',
  'UserError',
  'applyDeployment',
  'connect',
  'destroy',
  'download',
  'downloadPlan',
  'estimateFleet',
  'exportTables',
  'followFleet',
  'followRun',
  'initialOf',
  'launch',
  'listMovies',
  'listPartitions',
  'listReviews',
  'movieKey',
  'openDestination',
  'openIndex',
  'openLake',
  'partitionName',
  'pause',
  'planDeploy',
  'planDestroy',
  'planDownload',
  'planLaunch',
  'planRedrive',
  'readManifest',
  'readPartition',
  'readSettings',
  'readStatus',
  'redrive',
  'resume',
  'reviewPrefix',
  'simulate',
];

test('a script gets from settings to documents with only the built package', async () => {
  const sandbox = await openSandbox(30);
  const script = join(PROGRAM, 'test/public-api/script.mjs');
  const { stdout } = await run(process.execPath, [script], {
    cwd: await makeTempFolder(),
    env: { ...sandbox.environment, PATH: process.env.PATH, TMDB_REQUESTS_PER_SECOND: '400' },
  });
  const said = JSON.parse(stdout);
  const listed = sandbox.catalogue.cases.filter(({ row }) => row.startYear !== null).length;
  expect(said.used.sort()).toEqual(NAMES);
  expect(said.listed).toBe(listed);
  expect(said.first.phase).toBe('none');
  expect(said.last.phase).toBe('complete');
  expect(said.report.sent).toBe(said.plan.partitions);
  expect(said.again.requests).toBe(0);
  expect(said.some).toMatchObject({ outcome: expect.any(String), thisRun: { total: 2, done: 2 } });
  expect(said.secondDeploy).toBe(0);
  expect(said.control).toMatchObject({
    end: { complete: true },
    paused: 'Disabled',
    resumed: 'Enabled',
    letters: [],
    redriven: { moved: 0, left: 0 },
  });
  const count = (prefix: string) =>
    said.documents.keys.filter((key: string) => key.startsWith(prefix)).length;
  expect(said.documents.movies).toBe(count('tmdb/movies/'));
  expect(said.documents.reviews).toBe(count('tmdb/reviews/'));
  expect(said.documents.reviews).toBe(said.last.totals.counts.reviews);
  expect(said.tables.movies.rows).toBe(said.documents.movies);
  expect(said.tables.reviews.rows).toBe(said.documents.reviews);
  expect(said.tables.titles.rows).toBe(listed);
  expect(said.destroyed.unconfirmed).toBe('UsageError');
  expect(new Set(said.destroyed.left)).toEqual(new Set(['absent', 'keep']));
  expect(stdout).not.toContain(sandbox.environment.TMDB_API_KEY);
});

describe('the types', () => {
  test('compile for a strict consumer outside of this project', async () => {
    const folder = await makeTempFolder();
    await mkdir(join(folder, 'node_modules', PACKAGE), { recursive: true });
    await cp(join(root, 'package.json'), join(folder, 'node_modules', PACKAGE, 'package.json'));
    await symlink(join(PROGRAM, 'dist'), join(folder, 'node_modules', PACKAGE, 'dist'), 'junction');
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          target: 'ES2023',
          module: 'NodeNext',
          types: ['node'],
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: ['consumer.ts'],
      }),
    );
    const consumer = await readFile(join(root, 'test/public-api/consumer.ts'), 'utf8');
    await writeFile(join(folder, 'consumer.ts'), consumer.replaceAll('../../src/index.ts', PACKAGE));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const ended = await run(process.execPath, [tsc, '-p', folder]).catch((error) => error);
    expect(ended).toEqual({ stdout: '', stderr: '' });
  });
});
