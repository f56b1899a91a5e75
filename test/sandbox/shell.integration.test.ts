import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { writeTddCommand } from '../../sandbox/run-child.ts';
import { prepareShell } from '../../sandbox/shell.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const SHELLS = ['bash', 'zsh', 'dash', 'sh'].map((name) => {
  const program = ['/bin', '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)).find(existsSync);
  return { name: program === undefined ? `${name} (not installed)` : name, program: program ?? '' };
});

/** A typical start-up file: it sets AWS variables, the PATH and a prompt. */
const RC = `
export AWS_PROFILE=work AWS_REGION=eu-west-1 PATH="/opt/bin:$PATH"
alias mine=echo
PS1="my prompt"
PROMPT_COMMAND='PS1="my prompt"'
`;

describe.each(SHELLS)('the sandbox in $name', ({ program }) => {
  it.skipIf(program === '')("has its prompt and variables after the user's start-up files", async () => {
    const home = await makeTempFolder();
    for (const name of ['.bashrc', '.zshrc', '.shrc']) await writeFile(join(home, name), RC);
    const userEnv = { HOME: home, PATH: process.env.PATH, SHELL: program, ENV: join(home, '.shrc') };
    const bin = join(home, 'a bin');
    await writeTddCommand(bin);
    const variables = { AWS_REGION: 'us-east-1', TDD_CONFIG: "it's" };
    const setup = { userEnv, variables, bin, folder: join(home, 'shell'), platform: 'linux' } as const;
    const shell = await prepareShell(setup, { ...userEnv, ...variables });
    const child = spawn(shell.program, [...shell.args, '-i'], {
      cwd: home,
      env: { ...shell.env, TERM: 'dumb' },
    });
    child.stdin.end('cd /usr\nmine "[$AWS_PROFILE|$AWS_REGION|$TDD_CONFIG]"\ncommand -v tdd\nexit\n');
    const output = (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
    expect(output).toContain("[|us-east-1|it's]");
    expect(output).toContain(join(bin, 'tdd'));
    expect(output).toMatch(/\(tdd sandbox\) \/usr [#$] /);
    expect(output).not.toContain('my prompt');
  });
});

it("starts Windows' command interpreter with a prompt", async () => {
  const userEnv = { ComSpec: 'C:\\Windows\\system32\\cmd.exe', SHELL: '/usr/bin/bash' };
  const setup = { userEnv, variables: {}, bin: '', folder: '', platform: 'win32' } as const;
  expect(await prepareShell(setup, {})).toEqual({
    program: userEnv.ComSpec,
    args: [],
    env: { PROMPT: '(tdd sandbox) $P$G ' },
  });
});
