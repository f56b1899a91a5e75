import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWindows } from '../support/platform.ts';
import { TDD } from '../support/program.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const FLAGS = ['--config', '../settings/my films.ini', '--lambda-name', 'films', '--queue-name', 'films-q'];

describe.skipIf(isWindows)('commands that messages suggest, run as printed (needs sh)', () => {
  let sandbox: OpenSandbox;
  let cwd: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    sandbox = await openSandbox();
    cwd = join(sandbox.folder, 'elsewhere');
    await mkdir(cwd);
    await mkdir(join(sandbox.folder, 'settings'));
    await mkdir(join(sandbox.folder, 'bin'));
    await symlink(TDD, join(sandbox.folder, 'bin/tdd'));
    const { TDD_COMMAND: _, DATALAKE_BUCKET_NAME = '', ...rest } = sandbox.env;
    const config = `[DATALAKE]\nBUCKET_NAME = ${DATALAKE_BUCKET_NAME}\n`;
    await writeFile(join(sandbox.folder, 'settings/my films.ini'), config);
    env = rest;
  });
  afterAll(() => sandbox.stop());

  /** Runs a command line in a shell, in a folder without a config.ini. */
  function sh(line: string, path = env.PATH): Promise<{ exitCode: number; output: string }> {
    const options = { cwd, env: { ...env, PATH: path } };
    return new Promise((resolve) => {
      execFile('sh', ['-c', line], options, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr }),
      );
    });
  }

  const quoted = FLAGS.map((flag) => `'${flag}'`).join(' ');

  it('reach the same resources, from the first error to a launch', async () => {
    const program = `node '${TDD}'`;
    const absent = await sh(`${program} status ${quoted}`);
    expect(absent).toMatchObject({ exitCode: 2, output: expect.stringContaining('does not exist') });
    const [, deploy = ''] = /create it with "(.*)"/.exec(absent.output) ?? [];
    const deployed = await sh(`${deploy} --yes`);
    expect(deployed).toMatchObject({ exitCode: 0, output: expect.stringContaining('films is deployed.') });

    const [, simulate = ''] = /^ {2}(.* simulate .*)$/m.exec(deployed.output) ?? [];
    const simulated = await sh(simulate);
    expect(simulated).toMatchObject({ exitCode: 0, output: expect.stringContaining('2004/AD is complete') });

    const [, launch = ''] = /^Next: (.* launch .*) sends /m.exec(simulated.output) ?? [];
    const launched = await sh(`${launch} --yes`);
    expect(launched).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('to the queue films-q as'),
    });

    const [, status = ''] = /^Next: (.* status --watch.*) shows /m.exec(launched.output) ?? [];
    expect(await sh(status.replace('--watch', ''))).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^fleet +(?:running|complete).*\n.*\n/),
    });
  });

  it('begin with tdd when the PATH has this program', async () => {
    const path = `${join(sandbox.folder, 'bin')}:${env.PATH}`;
    const paused = await sh(`tdd pause ${quoted}`, path);
    const [, resume = ''] = /^Next: (.*) lets /m.exec(paused.output) ?? [];
    expect(resume).toMatch(/^tdd resume /);
    expect(await sh(resume, path)).toMatchObject({ exitCode: 0, output: expect.stringContaining('running') });
  });
});
