/**
 * Records the fixture of the compatibility test from a built `tdd`:
 *
 *     git worktree add ../release 84671b1 && (cd ../release && npm ci && npm run build)
 *     npx tsx test/compatibility/capture.ts ../release
 *
 * It takes about a minute. The fixture is that of release 1.0.0 (84671b1). Record it again only when `record.ts` changes;
 * intended differences from that release belong in the test's list.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { writeFixture } from './fixture.ts';
import {
  environmentIn,
  type Program,
  type PublicApi,
  recordCommands,
  recordExports,
  recordHelp,
  recordLake,
  recordMistakes,
  recordResults,
  SANDBOX_OPTIONS,
} from './record.ts';

const [release = '.'] = process.argv.slice(2);
const program: Program = {
  run: (argv, { cwd, env }) =>
    new Promise((done) => {
      const args = [join(resolve(release), 'bin/tdd.js'), ...argv];
      const child = execFile(process.execPath, args, { cwd, env }, (_error, stdout, stderr) => {
        done({ exitCode: child.exitCode, stdout, stderr });
      });
      child.stdin?.end();
    }),
};

const folder = await realpath(await mkdtemp(join(tmpdir(), 'tdd-capture-')));
const sandbox = await startSandbox({ directory: join(folder, 'aws'), ...SANDBOX_OPTIONS });
try {
  await writeFixture('help', await recordHelp(program, folder));
  await writeFixture('mistakes', await recordMistakes(program, folder));
  const dist = join(resolve(release), 'dist');
  const api: PublicApi = await import(pathToFileURL(join(dist, 'index.js')).href);
  await writeFixture('exports', recordExports(api, await readFile(join(dist, 'index.d.ts'), 'utf8')));
  const place = { sandbox, folder };
  // The SDK reads the environment of its process.
  Object.assign(process.env, environmentIn(place), {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  });
  const commands = await recordCommands(program, place, async () => {
    await writeFixture('lake', await recordLake(place));
    await writeFixture('results', await recordResults(api, place));
  });
  await writeFixture('commands', commands);
} finally {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
}
