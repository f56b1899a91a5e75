import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { PROGRAM } from './support/program.ts';

const run = promisify(execFile);
let folder: string;
let files: string[];
let installOutput: string;

/** The most that an installation may take on the disk, in MiB. */
const MAX_INSTALLED_MIB = 80;

/** Runs the installed program in an empty place, with nothing of this checkout in reach. */
async function tdd(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, CI: 'true', ...env } };
  return run(join(folder, 'global/bin/tdd'), args, options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error) => ({ exitCode: error.code, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );
}

describe('the package', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tdd-package-'));
    // The build that the tests run against is there already.
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      { cwd: PROGRAM },
    );
    const packed: unknown = JSON.parse(stdout);
    const [{ filename, files: listed }] = (
      Array.isArray(packed) ? packed : Object.values(packed as object)
    ) as [{ filename: string; files: { path: string }[] }];
    files = listed.map(({ path }) => path);
    const args = [
      'install',
      '--global',
      '--prefix',
      join(folder, 'global'),
      '--prefer-offline',
      '--no-fund',
      '--no-audit',
    ];
    const installed = await run('npm', [...args, join(folder, filename)], { cwd: folder });
    installOutput = installed.stderr;
  }, 180_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains the program, the worker, the example settings and the licence, but neither tests nor the sandbox', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/tdd.js',
        'dist/cli/main.js',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/worker/index.mjs',
        'config.example.ini',
        'README.md',
        'LICENSE',
      ]),
    );
    expect(files.filter((file) => /^(?:src|test|bench|notebooks)\/|sandbox/.test(file))).toEqual([]);
  });

  it(`installs in ${MAX_INSTALLED_MIB} MiB, without a warning and without the sandbox's packages`, async () => {
    expect(installOutput).toBe('');
    const modules = join(folder, 'global/lib/node_modules');
    const paths = await readdir(modules, { recursive: true });
    expect(paths.filter((path) => /sandbox/i.test(path))).toEqual([]);
    let blocks = 0;
    for (const path of paths) blocks += (await lstat(join(modules, path))).blocks;
    expect((blocks * 512) / 2 ** 20).toBeLessThanOrEqual(MAX_INSTALLED_MIB);
  });

  it('is the same tdd when it is installed elsewhere', async () => {
    const { version } = JSON.parse(await readFile(join(PROGRAM, 'package.json'), 'utf8'));
    expect(await tdd(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    expect(await tdd(['help', 'download'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('--imdb-id'),
    });
    expect(await tdd(['downlaod'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean download?'),
    });
  });

  it('downloads a partition', async () => {
    const sandbox = await startSandbox({ directory: join(folder, 'aws'), titles: 200 });
    try {
      const command = ['download', '--year', '2021', '--initial', 'TH', '--to', 'lake', '--limit', '5'];
      const { exitCode, stdout } = await tdd(command, sandbox.environment);
      expect({ exitCode, stdout }).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/✔ 2021\/TH/),
      });
    } finally {
      await sandbox.stop();
    }
  });
});
