import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runToExitCode } from '../../src/cli/main.ts';
import { COMMAND_NAMES } from '../../src/cli/program.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { type CliOptions, runCli } from '../support/run-cli.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

async function run(argv: readonly string[], options: Partial<CliOptions> = {}) {
  return runCli(argv, { cwd: await makeTempFolder(), ...options });
}

describe('tdd', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']], [['--json']]])(
    '%j shows the help on stdout',
    async (argv) => {
      const { exitCode, stdout, stderr } = await run(argv);
      expect(stdout).toMatch(
        /^Usage: tdd COMMAND .*First steps:.*Set up:\n {2}development {2,}ask for.*Global options:/s,
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    },
  );

  test.each([[['--version']], [['-V']], [['development', '--version']]])(
    '%j shows the version',
    async (argv) => {
      expect(await run(argv)).toEqual({ exitCode: 0, stdout: '1.0.0\n', stderr: '' });
    },
  );

  test.each([[['development', '--help']], [['help', 'development']]])(
    '%j shows the command',
    async (argv) => {
      const { exitCode, stdout } = await run(argv);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(
        /^Usage: tdd development.*\nOptions:\n.*--no-verify.*\nSettings:\n.*--datalake-bucket-name <BUCKET>.*\nGlobal options:\n.*--config/s,
      );
    },
  );

  test.each([
    [['developmnt'], 'Unknown command "developmnt". Did you mean development? See "tdd --help".'],
    [['help', 'developmnt'], 'Unknown command "developmnt". Did you mean development? See "tdd --help".'],
    [['zzz', '--help'], 'Unknown command "zzz". See "tdd --help".'],
    [['zzz', '--json'], 'Unknown command "zzz". See "tdd --help".'],
    [['-v'], 'Unknown option "-v". Did you mean -V or --verbose? See "tdd --help".'],
    [['deploy', '--year', '2004'], 'Unknown option "--year". See "tdd deploy --help".'],
    [['deploy', '--ye'], 'Unknown option "--ye". Did you mean --yes? See "tdd deploy --help".'],
    [
      ['help', 'deploy', 'extra', 'more'],
      'The command "help" takes one command only (got "extra"). See "tdd --help".',
    ],
    [['--verson'], 'Unknown option "--verson". Did you mean --version? See "tdd --help".'],
    [
      ['development', '--no-verfy'],
      'Unknown option "--no-verfy". Did you mean --no-verify? See "tdd development --help".',
    ],
    [['development', '--tmdb_key=hush'], 'Unknown option "--tmdb-key". See "tdd development --help".'],
    [['development', '--config'], '--config needs a value: --config <FILE>. See "tdd development --help".'],
    [
      ['download', '--year', '--initial', 'AD'],
      '--year needs a value: --year <YYYY>. See "tdd download --help".',
    ],
    [
      ['development', 'extra'],
      'The command "development" takes options only (got "extra"). See "tdd development --help".',
    ],
    [
      ['help', 'launch', 'extra'],
      'The command "help" takes one command only (got "extra"). See "tdd --help".',
    ],
    [['status', '--queue-name', 'launch', '--limit=3'], 'Unknown option "--limit". See "tdd status --help".'],
    [['f'.repeat(32)], 'Unknown command. See "tdd --help".'],
    [
      ['development', 'f'.repeat(32)],
      'The command "development" takes options only. See "tdd development --help".',
    ],
    [['deploy', '--dry-run=yes'], '--dry-run takes no value (got "yes"). See "tdd deploy --help".'],
    [['status', '--json=true'], '--json takes no value (got "true"). See "tdd status --help".'],
    [['--json=', 'status'], '--json takes no value (got ""). See "tdd status --help".'],
    [['simulate', '--wait=1'], '--wait takes no value (got "1"). See "tdd simulate --help".'],
    [['deploy', `--yes=${'f'.repeat(32)}`], '--yes takes no value. See "tdd deploy --help".'],
  ])('%j is a usage error', async (argv, sentence) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect(stderr).toBe(`tdd: ${sentence}\n`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  test('accepts global flags before and after the command', async () => {
    const cwd = await makeTempFolder();
    const flags = ['--datalake_bucket_name=a-lake', '--tmdb_api_key', 'f'.repeat(32), '--no-verify'];
    const before = await run(['--json', '--config', 'a.ini', 'development', ...flags], { cwd });
    const after = await run(['development', ...flags, '--config=b.ini', '--json'], { cwd });
    expect(JSON.parse(before.stdout)).toMatchObject({ path: join(cwd, 'a.ini') });
    expect(JSON.parse(after.stdout)).toMatchObject({ path: join(cwd, 'b.ini') });
  });

  test.each(COMMAND_NAMES)('wraps the help of tdd %s on a narrow terminal', async (name) => {
    const { stdout } = await run([name, '--help'], { columns: 60 });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(stdout).toMatch(/\n {2}--json {2,}print the result/);
  });

  test('shows examples before the settings', async () => {
    const { stdout } = await run(['download', '--help']);
    expect(stdout).toMatch(
      /\nOptions:\n.*\nExamples:\n {2}tdd download.*\nSettings:\n.*\nGlobal options:\n/s,
    );
  });

  test('redacts the key everywhere, even in the stack trace of a bug', async () => {
    const key = '0123456789abcdef0123456789abcdef';
    const bug = {
      get TMDB_BASE_URL(): string {
        throw new Error(`cannot GET https://api.example/3/x?api_key=${key} (${key})`);
      },
    };
    const { exitCode, stderr } = await run(['development', `--tmdb_api_key=${key}`], { env: bug });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot GET .*\[secret\].*main\.test\.ts.*report it/s);
    expect(stderr).not.toContain(key);
  });

  test.each(['SIGINT', 'SIGTERM'])('exits with code 130 on %s', async (signal) => {
    const signals = new EventEmitter();
    const { exitCode, stderr } = await run(['development'], {
      signals,
      person: async ({ sees }) => {
        await sees('data lake (Enter: none):');
        signals.emit(signal);
      },
    });
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/tdd: Cancelled\.\n$/);
    expect([signals.listenerCount('SIGINT'), signals.listenerCount('SIGTERM')]).toEqual([0, 0]);
  });

  test.each([
    [true, 0, ''],
    [false, 130, 'tdd: Cancelled.\n'],
  ])('Ctrl-C at the end of a run that may finish (%j) ends with code %i', async (mayFinish, code, text) => {
    const signals = new EventEmitter();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const io = { argv: [], env: {}, cwd: '/', stdin, stdout, stderr, signals };
    const exitCode = await runToExitCode(
      io,
      { secrets: createSecrets(), verbose: false, mayFinish },
      async () => {
        signals.emit('SIGINT');
        return 0;
      },
    );
    expect({ exitCode, text: String(stderr.read() ?? '') }).toEqual({ exitCode: code, text });
  });

  test('erases the ^C that a terminal shows before it reports the cancellation', async () => {
    const signals = new EventEmitter();
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    const io = { argv: [], env: {}, cwd: '/', stdin, stdout, stderr, signals };
    await runToExitCode(io, { secrets: createSecrets(), verbose: false }, async () => {
      signals.emit('SIGINT');
      return 0;
    });
    expect(String(stderr.read())).toBe('\r\x1b[Ktdd: Cancelled.\n');
  });

  test('reports an uncaught error, without the key', async () => {
    const signals = new EventEmitter();
    const { exitCode, stderr } = await run(['development'], {
      signals,
      env: { TMDB_API_KEY: '0123456789abcdef' },
      person: async ({ sees }) => {
        await sees('data lake (Enter: none):');
        signals.emit('uncaughtException', new Error('lost 0123456789abcdef'));
      },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Error: lost \[secret\]\n.*report it/s);
    expect(signals.listenerCount('uncaughtException')).toBe(0);
  });

  test('names a --config path that is a directory', async () => {
    const cwd = await makeTempFolder();
    await mkdir(join(cwd, 'folder'));
    const { exitCode, stderr } = await run(['development', '--config', 'folder'], { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`tdd: ${join(cwd, 'folder')} cannot be read: it is a directory.\n`);
  });
});
