import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { SANDBOX_PROGRAM } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test.each(['sandbox-lake', 'sandbox-tables'])("does not replace the user's own folder %s", async (name) => {
  const cwd = await makeTempFolder();
  await mkdir(join(cwd, name));
  await writeFile(join(cwd, name, 'mine'), 'all my films');
  const { exitCode, stderr } = await takeTour(cwd);
  expect(stderr).toContain(`${name}" exists and is not from a tour: move it`);
  expect(exitCode).toBe(2);
  expect(await readFile(join(cwd, name, 'mine'), 'utf8')).toBe('all my films');
});

test("keeps an earlier tour's documents until it has new ones", async () => {
  const cwd = await makeTempFolder();
  await mkdir(join(cwd, 'sandbox-lake'));
  for (const name of ['.tdd-tour', 'earlier']) await writeFile(join(cwd, 'sandbox-lake', name), '');
  // Makes the first command of the tour fail.
  const { exitCode, stderr } = await takeTour(cwd, { TMDB_REQUESTS_PER_SECOND: 'many' });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /The tour has stopped, and its sandbox with it\.\nTo take the tour again: npm start\n$/,
  );
  expect(await readdir(join(cwd, 'sandbox-lake'))).toEqual(['.tdd-tour', 'earlier']);
});

async function takeTour(cwd: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...SANDBOX_PROGRAM, '--tour'], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { exitCode, stderr };
}
