import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenSandbox, openSandbox } from '../e2e/open-sandbox.ts';
import { isWindows, mayOthersUse } from '../support/platform.ts';
import { PROGRAM, TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A user ID without an entry in /etc/passwd, as containers with arbitrary users have. */
const NOBODY = 987_654;
/** Only root may start the program as another user, who must be able to start Node and to read the program and its packages. */
const canActAsOthers =
  process.getuid?.() === 0 && mayOthersUse(process.execPath) && mayOthersUse(join(root, 'node_modules'));

describe.skipIf(isWindows)('without a usable home directory, tdd works without a cache (needs POSIX)', () => {
  let sandbox: OpenSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
    await sandbox.tddJson('deploy', '--yes');
    await chmod(PROGRAM, 0o755);
  });
  afterAll(() => sandbox.stop());

  async function run(args: readonly string[], env: Record<string, string>, uid?: number) {
    const cwd = await makeTempFolder();
    await chmod(cwd, 0o777);
    const { HOME: _, ...rest } = sandbox.env;
    const child = spawn(process.execPath, [TDD, ...args], {
      cwd,
      env: { ...rest, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    const [stderr, exitCode] = await Promise.all([
      text(child.stderr),
      new Promise((resolve, reject) => child.on('close', resolve).on('error', reject)),
      child.stdout.resume(),
    ]);
    return { stderr, exitCode, files: await readdir(cwd) };
  }

  test.each([
    ['HOME is not set', undefined],
    ['HOME does not exist', '/nonexistent/home'],
    ['HOME is a file', 'file'],
    ['HOME is a folder that may not be written', 'sealed'],
  ])('when %s', async (_, home) => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'sealed'), { mode: 0o500 });
    const isName = home !== undefined && /^\w/.test(home);
    const env: Record<string, string> =
      home === undefined ? {} : { HOME: isName ? join(folder, home) : home };
    expect(await run(['status', '--quiet'], env)).toMatchObject({ exitCode: 0 });
  });

  test.skipIf(!canActAsOthers).each([
    ['status', '--quiet'],
    ['download', '--year', '2021', '--initial', 'TH', '--limit', '1', '--to', 'lake', '--quiet'],
  ])(
    'when the user has no entry in /etc/passwd, and HOME is not set: tdd %s (needs root, and a checkout and a Node that others may use)',
    async (...args) => {
      expect(await run(args, {}, NOBODY)).toMatchObject({ exitCode: 0 });
    },
  );

  test.skipIf(!canActAsOthers)(
    'when HOME is empty: nothing is cached in the working directory (needs root, and a checkout and a Node that others may use)',
    async () => {
      const args = [
        'download',
        '--year',
        '2021',
        '--initial',
        'TH',
        '--limit',
        '1',
        '--to',
        'lake',
        '--quiet',
      ];
      expect(await run(args, { HOME: '' }, NOBODY)).toMatchObject({ exitCode: 0, files: ['lake'] });
    },
  );

  test('when the folder of the cache is a file', async () => {
    const file = join(await makeTempFolder(), 'file');
    await writeFile(file, '');
    expect(await run(['status', '--quiet'], { XDG_CACHE_HOME: file })).toMatchObject({ exitCode: 0 });
  });
});
