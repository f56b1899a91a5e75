import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { runNpmCommand } from './support/npm.ts';
import { PROGRAM } from './support/program.ts';

let folder: string;
let files: string[];
let installOutput: string;

/** The maximum size of an installation on disk, in MiB. */
const MAX_INSTALLED_MIB = 80;
/** Files occupy whole blocks of the file system. */
const BLOCK_BYTES = 4_096;

/** The files in the package other than the compiled sources. */
const OTHER_FILES = [
  ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'bin/tdd.js', 'config.example.ini'],
  ...['dist/worker/index.mjs', 'dist/worker/THIRD-PARTY-NOTICES.txt'],
];

/** Runs the installed program in an empty folder outside of this checkout. */
async function tdd(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, CI: 'true', ...env } };
  return runNpmCommand(join(folder, 'installed/node_modules/.bin/tdd'), args, options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error) => ({ exitCode: error.code, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );
}

/** Returns the compiled files to expect for the sources. */
async function compiledFiles(): Promise<string[]> {
  const sources = await readdir(join(PROGRAM, 'src'), { recursive: true });
  return sources
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `dist/${path.replaceAll('\\', '/').slice(0, -'.ts'.length)}`)
    .flatMap((path) => [`${path}.d.ts`, `${path}.js`]);
}

describe('the package', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tdd-package-'));
    const installed = join(folder, 'installed');
    await mkdir(installed);
    // --ignore-scripts: the program is already built.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await runNpmCommand('npm', pack, { cwd: PROGRAM });
    const packed: unknown = JSON.parse(stdout);
    // npm 12 prints an object by package name, earlier versions an array.
    const [{ filename, files: listed }] = (
      Array.isArray(packed) ? packed : Object.values(packed as object)
    ) as [{ filename: string; files: { path: string }[] }];
    files = listed.map(({ path }) => path);
    const install = ['install', '--prefer-offline', '--no-fund', '--no-audit', join(folder, filename)];
    installOutput = (await runNpmCommand('npm', install, { cwd: installed })).stderr;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains the compiled sources, the worker with its licenses, the documents, and nothing else', async () => {
    expect(files.toSorted()).toEqual([...OTHER_FILES, ...(await compiledFiles())].sort());
  });

  it(`installs in ${MAX_INSTALLED_MIB} MiB, without a warning and without the sandbox's packages`, async () => {
    expect(installOutput).toBe('');
    const modules = join(folder, 'installed/node_modules');
    const paths = await readdir(modules, { recursive: true });
    expect(paths.filter((path) => /sandbox/i.test(path))).toEqual([]);
    let bytes = 0;
    for (const path of paths) {
      const { size } = await lstat(join(modules, path));
      bytes += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    }
    expect(bytes / 2 ** 20).toBeLessThanOrEqual(MAX_INSTALLED_MIB);
  });

  it('runs in the folder where it is installed', async () => {
    const { version } = JSON.parse(await readFile(join(PROGRAM, 'package.json'), 'utf8'));
    expect(await tdd(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    expect(await tdd(['--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('download'),
    });
    expect(await tdd(['help', 'download'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('--imdb-id'),
    });
    expect(await tdd(['downlaod'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean download?'),
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
