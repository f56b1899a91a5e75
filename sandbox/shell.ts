import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** A program with its arguments and environment. */
export interface ShellCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
}

/** The sandbox's additions to a shell. */
interface ShellSetup {
  /** The user's environment. */
  readonly userEnv: Environment;
  /** The variables of the sandbox, without the PATH. */
  readonly variables: Readonly<Record<string, string>>;
  /** The folder of the `tdd` command. */
  readonly bin: string;
  /** An empty folder for the shell's start-up files. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Prepares the user's shell so that its prompt says `(tdd sandbox)` and the current folder. The shell reads the user's own
 * start-up files first. They may export AWS settings or change the PATH, so the sandbox's variables are set again after
 * them.
 * @param env the environment of a process in the sandbox.
 */
export async function prepareShell(setup: ShellSetup, env: Environment): Promise<ShellCommand> {
  const { userEnv, folder, platform } = setup;
  if (platform === 'win32') {
    return {
      program: userEnv.ComSpec ?? 'cmd.exe',
      args: [],
      env: { ...env, PROMPT: '(tdd sandbox) $P$G ' },
    };
  }
  const program = userEnv.SHELL || '/bin/sh';
  const write = async (name: string, lines: readonly string[]): Promise<string> => {
    await mkdir(folder, { recursive: true });
    const file = join(folder, name);
    await writeFile(file, `${lines.join('\n')}\n`);
    return file;
  };
  switch (basename(program)) {
    case 'bash': {
      const file = await write('bashrc', [
        '[ -f ~/.bashrc ] && . ~/.bashrc',
        ...exports(setup),
        // Runs last, because prompt tools set PS1 before each prompt.
        "_tdd_sandbox_prompt() { PS1='(tdd sandbox) \\w \\$ '; }",
        `PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND\n}_tdd_sandbox_prompt"`,
      ]);
      return { program, args: ['--rcfile', file], env };
    }
    case 'zsh': {
      const zdotdir = shellQuote(userEnv.ZDOTDIR ?? userEnv.HOME ?? '/');
      await write('.zshenv', [
        `ZDOTDIR=${zdotdir}`,
        '[ -f "$ZDOTDIR/.zshenv" ] && . "$ZDOTDIR/.zshenv"',
        '_tdd_sandbox_zdotdir=$ZDOTDIR',
        `ZDOTDIR=${shellQuote(folder)}`,
      ]);
      await write('.zshrc', [
        'ZDOTDIR=$_tdd_sandbox_zdotdir',
        `[ "$HISTFILE" = ${shellQuote(join(folder, '.zsh_history'))} ] && HISTFILE=$ZDOTDIR/.zsh_history`,
        '[ -f "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"',
        ...exports(setup),
        "_tdd_sandbox_prompt() { PROMPT='(tdd sandbox) %~ %(!.#.$) '; }",
        'precmd_functions+=(_tdd_sandbox_prompt)',
      ]);
      return { program, args: [], env: { ...env, ZDOTDIR: folder } };
    }
    case 'fish': {
      const file = await write('config.fish', [
        "for name in (set --names --export | string match 'AWS_*'); set --erase $name; end",
        ...setAll(setup.variables),
        `set -gx PATH ${shellQuote(setup.bin)} $PATH`,
        "function fish_prompt; printf '(tdd sandbox) %s $ ' (prompt_pwd); end",
      ]);
      return { program, args: ['--init-command', `source ${shellQuote(file)}`], env };
    }
    default: {
      // POSIX: an interactive shell reads the file that ENV names.
      const userFile = shellQuote(userEnv.ENV ?? '');
      const file = await write('shrc', [
        `[ -f ${userFile} ] && . ${userFile}`,
        ...exports(setup),
        "PS1='(tdd sandbox) $PWD $ '",
      ]);
      return { program, args: [], env: { ...env, ENV: file } };
    }
  }
}

/** Returns shell code that sets the sandbox's variables and removes the user's AWS settings. */
function exports({ variables, bin }: ShellSetup): string[] {
  return [
    'for _tdd_name in $(env | sed -n \'s/^\\(AWS_[A-Z0-9_]*\\)=.*/\\1/p\'); do unset "$_tdd_name"; done',
    ...setAll(variables),
    `export PATH=${shellQuote(bin)}:"$PATH"`,
  ];
}

function setAll(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
}

/** Quotes text for a POSIX shell or fish. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
