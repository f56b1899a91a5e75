import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ACCOUNT_ID } from '../../sandbox/aws/world.ts';
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts';
import type { PlannedDeletion } from '../../src/deploy/destroy.ts';
import { PROGRAM, TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** Runs `npm run smoke` with a pipe that claims to be a terminal as its stdin. */
const SMOKE = `
  import { runSmokeCommand } from ${JSON.stringify(pathToFileURL(join(PROGRAM, 'scripts/smoke/smoke-command.ts')).href)};
  const { argv, env, stdin, stdout, stderr } = process;
  Object.assign(stdin, { isTTY: true, setRawMode: () => stdin });
  process.exitCode = await runSmokeCommand({
    argv: argv.slice(1), env, cwd: process.cwd(), stdin, stdout, stderr: Object.assign(stderr, { isTTY: true }), signals: process,
  });`;
const TSX = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;

const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

interface SmokeRun {
  /** All output so far. */
  output(): string;
  /** Resolves when the pattern occurs in the output, or the process has exited. */
  sees(pattern: RegExp): Promise<void>;
  /** Sends SIGINT to the process group, as a terminal does. */
  pressCtrlC(): void;
  readonly exitCode: Promise<number | null>;
}

async function openSandbox(): Promise<{ sandbox: Sandbox; folder: string }> {
  const folder = await makeTempFolder();
  const sandbox = await startSandbox({ directory: join(folder, 'aws'), titles: 200, latencyMs: 5 });
  onTestFinished(() => sandbox.stop());
  return { sandbox, folder };
}

function startSmoke(
  { sandbox, folder }: { sandbox: Sandbox; folder: string },
  answer: string,
  env: Readonly<Record<string, string>> = {},
): SmokeRun {
  const args = ['--import', TSX, '--input-type=module', '--eval', SMOKE];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, ...sandbox.environment, ...QUIET, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A separate process group, which receives Ctrl-C as on a terminal.
    detached: true,
  });
  let printed = '';
  const more = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
      more.emit('more');
    });
  }
  child.once('close', () => more.emit('more'));
  const sees = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(printed) && child.exitCode === null) await once(more, 'more');
  };
  void sees(/Type the account ID/).then(() =>
    child.stdin.write(
      `${answer}
`,
    ),
  );
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => printed,
    sees,
    pressCtrlC: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
    exitCode,
  };
}

/** Returns what a run has left behind: its folder, and the resources that `tdd destroy` would still delete. */
async function leftovers(
  { sandbox, folder }: { sandbox: Sandbox; folder: string },
  { output }: SmokeRun,
): Promise<string[]> {
  const folders = (await readdir(folder)).filter((name) => name.startsWith('tdd-smoke-'));
  const [, command = ''] = /^ +tdd (destroy .*)$/m.exec(output()) ?? [];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [TDD, ...command.split(' '), '--dry-run', '--json'],
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...sandbox.environment } },
  );
  const { resources }: { resources: PlannedDeletion[] } = JSON.parse(stdout);
  return [...folders, ...resources.flatMap(({ action, name }) => (action === 'absent' ? [] : [name]))];
}

test('runs every step against the stand-in services and deletes everything', async () => {
  const services = await openSandbox();
  const smoke = startSmoke(services, ACCOUNT_ID);
  expect({ exitCode: await smoke.exitCode, output: smoke.output() }).toMatchObject({ exitCode: 0 });
  const table = smoke.output().slice(smoke.output().lastIndexOf('STEP'));
  expect(table.match(/passed/g)).toHaveLength(9);
  expect(await leftovers(services, smoke)).toEqual([]);
});

test('deletes the resources of an interrupted deploy after Ctrl-C', async () => {
  const services = await openSandbox();
  const smoke = startSmoke(services, ACCOUNT_ID);
  await smoke.sees(/✔ bucket/);
  smoke.pressCtrlC();
  expect({ exitCode: await smoke.exitCode, output: smoke.output() }).toMatchObject({
    exitCode: 130,
    output: expect.stringMatching(/^Deploy +cancelled.*\nDelete everything +passed/m),
  });
  expect(await leftovers(services, smoke)).toEqual([]);
});

test('names the command that deletes the rest when Ctrl-C interrupts the deletion, too', async () => {
  const services = await openSandbox();
  const smoke = startSmoke(services, ACCOUNT_ID);
  await smoke.sees(/Deploy again/);
  smoke.pressCtrlC();
  // Interrupt after the plan: the first step of the deletion takes two seconds.
  await smoke.sees(/Delete everything.*bucket +tdd-smoke-\S+ +delete\n/s);
  smoke.pressCtrlC();
  expect({ exitCode: await smoke.exitCode, output: smoke.output() }).toMatchObject({
    exitCode: 130,
    output: expect.stringMatching(
      /Resources may be left on AWS\..*\n +tdd destroy --lambda-name tdd-smoke-/s,
    ),
  });
  expect(await leftovers(services, smoke)).not.toEqual([]);
});

test('creates nothing for any answer other than the account ID', async () => {
  const services = await openSandbox();
  const smoke = startSmoke(services, 'yes');
  expect(await smoke.exitCode).toBe(130);
  expect(smoke.output()).toContain('Cancelled: that is not the account ID, and nothing was created.');
  expect(services.sandbox.tmdb.stats().requests).toEqual([]);
  expect(await leftovers(services, smoke)).toEqual([]);
});

test('refuses to run without a terminal', async () => {
  const services = await openSandbox();
  const smoke = startSmoke(services, ACCOUNT_ID, { CI: 'true' });
  expect(await smoke.exitCode).toBe(2);
  expect(smoke.output()).toContain('run it in a terminal');
});
