import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test("leaves a folder alone that only has the name of the tour's", async () => {
  const cwd = await makeTempFolder();
  await mkdir(join(cwd, 'sandbox-lake'));
  await writeFile(join(cwd, 'sandbox-lake', 'mine'), 'all my films');
  const { exitCode, stderr } = await runCli(['sandbox', '--tour'], { cwd });
  expect(stderr).toMatch(/^tdd: There is .*sandbox-lake already, which no tour has made: move it away/);
  expect(exitCode).toBe(2);
  expect(await readFile(join(cwd, 'sandbox-lake', 'mine'), 'utf8')).toBe('all my films');
});

test("keeps an earlier tour's documents until it has new ones", async () => {
  const cwd = await makeTempFolder();
  await mkdir(join(cwd, 'sandbox-lake'));
  for (const name of ['.tdd-tour', 'earlier']) await writeFile(join(cwd, 'sandbox-lake', name), '');
  // The first of its commands fails.
  const env = { PATH: process.env.PATH ?? '', TMDB_REQUESTS_PER_SECOND: 'many' };
  expect((await runCli(['sandbox', '--tour'], { cwd, env })).exitCode).toBe(2);
  expect(await readdir(join(cwd, 'sandbox-lake'))).toEqual(['.tdd-tour', 'earlier']);
});
