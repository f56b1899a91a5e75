import { describe, expect, test } from 'vitest';
import { type CliOptions, runCli } from '../support/run-cli.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

type Person = NonNullable<CliOptions['person']>;

/** Runs `tdd` until the first missing setting. By then it has asked for the partition. */
async function run(command: string, person?: Person, env: Record<string, string> = {}) {
  const cwd = await makeTempFolder();
  return runCli(command.split(' '), { cwd, env: { NO_COLOR: '1', ...env }, ...(person && { person }) });
}

/** Cancels the command at the first question after those about the partition. */
const leave: Person = async ({ sees, types }) => {
  await sees('bucket');
  types('\x03');
};

describe.each(['download', 'simulate --wait'])('tdd %s on a terminal', (command) => {
  test('asks for year and initial, offering 2004 and AD', async () => {
    const { exitCode, stderr } = await run(command, async (typist) => {
      await typist.sees('Year: (2004)');
      typist.types('\r');
      await typist.sees('Initial (the first two characters of the titles): (AD)');
      typist.types('\r');
      await leave(typist);
    });
    expect(stderr).toMatch(/Year: 2004.*titles\): AD/s);
    expect(exitCode).toBe(130);
  });

  test.each([
    ['--year 1999', 'Initial', 'Year'],
    ['--initial MA', 'Year', 'Initial'],
  ])('with %s asks only for the other one', async (flag, asked, given) => {
    const { stderr } = await run(`${command} ${flag}`, async (typist) => {
      await typist.sees(asked);
      typist.types('\r');
      await leave(typist);
    });
    expect(stderr).not.toContain(given);
  });

  test('explains a wrong answer and asks again', async () => {
    const { stderr } = await run(command, async (typist) => {
      await typist.sees('Year');
      typist.types('1492\r');
      await typist.sees('The year must be four digits from 1870 to 2200 (got "1492").');
      typist.types('1999\r');
      await typist.sees('Initial');
      typist.types('?\r');
      await typist.sees('The initial must be the first two characters');
      typist.types('ma\r');
      await leave(typist);
    });
    expect(stderr).toContain('Year: 1999');
  });

  test.each([
    ['Ctrl-C', 'Year', '\x03'],
    ['Ctrl-D', 'Year', '\x04'],
    ['Ctrl-C', 'Initial', '\r\x03'],
  ])('ends with 130 on %s at %s', async (_key, question, keys) => {
    const { exitCode, stdout, stderr } = await run(command, async ({ sees, types }) => {
      await sees('Year');
      for (const key of keys) {
        types(key);
        if (key === '\r') await sees(question);
      }
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/tdd: Cancelled\.\n$/);
  });

  test.each([
    ['an invalid --initial', '--initial ?', '--initial must be'],
    ['--yes', '--yes', 'together'],
    ['--yes and a missing bucket', '--yes --year 2004 --initial AD', '--datalake-bucket-name'],
  ])('asks nothing with %s', async (_what, flags, message) => {
    const { exitCode, stderr } = await run(`${command} ${flags}`, async () => {});
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^tdd: /);
    expect(stderr).toContain(message);
  });
});

test('reports an invalid --to before the first question', async () => {
  const { exitCode, stderr } = await run('download --to s3://a_b', async () => {});
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^tdd: --to /);
});

test('reports an invalid setting before it asks anything', async () => {
  const env = { TDD_WORKERS: '1' };
  const { exitCode, stderr } = await run('download', async () => {}, env);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: 'tdd: TDD_WORKERS must be a whole number from 2 to 1000 (got "1").\n',
  });
});

describe.each(['download', 'simulate'])('tdd %s without a terminal', (command) => {
  test.each([
    ['', undefined, ''],
    [' --year 2004', undefined, '--initial is missing. '],
    [' --initial AD', undefined, '--year is missing. '],
    ['', 'true', ''],
  ])('names the flags: %s', async (flags, ci, missing) => {
    const person: Person | undefined = ci === undefined ? undefined : async () => {};
    const { exitCode, stdout, stderr } = await run(
      command + flags,
      person,
      ci === undefined ? {} : { CI: ci },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`tdd: ${missing}Use --year and --initial together`);
  });
});
