import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import module from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gzipRows, titleRow } from '../imdb/snapshot-file.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';
import { isWindows } from '../support/platform.ts';
import { TDD } from '../support/program.ts';
import { details, startSmallTmdb } from '../support/small-tmdb.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const cwd = await makeTempFolder();
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  return { cwd, exitCode, stdout, stderr };
}

describe('bin/tdd.js', () => {
  test('runs as a program, from any folder', async () => {
    expect(await run(TDD, ['--version'])).toMatchObject({ exitCode: 0, stdout: '1.0.0\n', stderr: '' });
  });

  test('returns the exit code of a usage error', async () => {
    expect(await run(TDD, ['nonsense'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('asks nothing without a terminal', async () => {
    const { exitCode, stderr } = await run(TDD, ['development']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^tdd: .*DATALAKE_BUCKET_NAME/);
  });

  test.skipIf(isWindows)('exits quietly when its output is closed (needs sh)', async () => {
    const script = `"${process.execPath}" "${TDD}" --help; echo "exit code $?" >&2`;
    const { stdout, stderr } = await run('sh', ['-c', `{ ${script}; } | true`]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: 'exit code 0\n' });
  });

  test.skipIf(isWindows)(
    'exits with the code for wrong usage even if stderr is closed (needs sh)',
    async () => {
      const script = `"${process.execPath}" "${TDD}" nonsense 2>&1 >/dev/null; echo "exit code $?" >&2`;
      const { stderr } = await run('sh', ['-c', `{ ${script}; } | true`]);
      expect(stderr).toBe('exit code 2\n');
    },
  );

  test.skipIf(isWindows)('reports a current directory that was deleted (needs sh)', async () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" "${TDD}" status`;
    expect(await run('sh', ['-c', script])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'tdd: The current directory no longer exists: change to another one.\n',
    });
  });

  test.skipIf(!('enableCompileCache' in module))(
    'keeps its compiled code in the cache folder of the user, unless told not to (needs Node 22.1)',
    async () => {
      const folder = await makeTempFolder();
      const start = (env: Record<string, string>) => run(process.execPath, [TDD, '--version'], env);
      await start({ XDG_CACHE_HOME: folder, NODE_DISABLE_COMPILE_CACHE: '1' });
      expect(await readdir(folder)).toEqual([]);
      await start({ XDG_CACHE_HOME: folder });
      expect(await readdir(join(folder, 'tdd'))).toEqual(['compiled']);
    },
  );

  test('reports that a checkout is not built', async () => {
    const folder = await makeTempFolder();
    await mkdir(join(folder, 'bin'));
    await copyFile(TDD, join(folder, 'bin/tdd.mjs'));
    const { exitCode, stdout, stderr } = await run(process.execPath, [join(folder, 'bin/tdd.mjs'), '--help']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^tdd: .*npm run build.*\n$/);
  });

  test.skipIf(process.platform !== 'linux')(
    'reports a full disk when stdout is a file (needs /dev/full)',
    async () => {
      const { stderr } = await run('sh', ['-c', `"${TDD}" --help > /dev/full; echo "exit code $?" >&2`]);
      expect(stderr).toMatch(/^tdd: Cannot write the output: .*no space.*\nexit code 1\n$/);
    },
  );

  test.skipIf(isWindows)(
    'reports too many open files in one sentence, wherever they occur (needs sh)',
    async () => {
      const list = gzipRows([titleRow('tt0000001', 'Adventure', 2004)]);
      const imdb = await startLoopbackServer((_, response) => response.end(list));
      const tmdb = await startSmallTmdb({ '/3/movie/tt0000001': details(1, 'tt0000001') });
      onTestFinished(async () => void (await Promise.all([imdb.stop(), tmdb.stop()])));
      const env = {
        TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
        TMDB_BASE_URL: tmdb.server.url,
        IMDB_DATASETS_URL: imdb.url,
      };
      // While the program is loaded, while settings are read, at sockets, at files of the lake.
      for (const limit of [25, 30, 35, 40, 45, 50, 55, 60]) {
        const script = `ulimit -n ${limit}; exec "${process.execPath}" "${TDD}" download --year 2004 --initial AD --to lake`;
        const { exitCode, stderr } = await run('sh', ['-c', script], env);
        // How many files Node itself opens depends on its version.
        if (exitCode === 0 && limit > 25) continue;
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(
          /(?:^|\n)tdd: Too many files are open: raise the limit \(ulimit -n\) and run the command again\.\n$/,
        );
        expect(stderr).not.toMatch(/^ +at /m);
      }
    },
  );
});
