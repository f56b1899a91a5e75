import { describe, expect, test } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** Runs a command without credentials: it must end before it calls AWS. */
async function run(argv: readonly string[]) {
  return runCli(argv, {
    cwd: await makeTempFolder(),
    env: { DATALAKE_BUCKET_NAME: 'films-lake' },
    columns: 200,
  });
}

describe('tdd launch and tdd status', () => {
  test.each([
    [['--min-year', '20O4'], '--min-year must be four digits from 1870 to 2200 (got "20O4")'],
    [
      ['--min-year', '2010', '--max-year', '2009'],
      '--min-year must not be after --max-year (got 2010 and 2009)',
    ],
    [['--initial', '?'], '--initial must be'],
    [['--limit', '0'], '--limit must be a whole number of 1 or more (got "0")'],
    [['--older-than', '3 months'], '--older-than must be'],
  ])('rejects %j', async (flags, message) => {
    const { stderr, exitCode } = await run(['launch', ...flags, '--dry-run']);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  test('rejects --to without --dry-run, and names the command that downloads to another place', async () => {
    const { stderr, exitCode } = await run(['launch', '--to', 'my lake', '--min-year', '2010', '--yes']);
    expect(stderr).toMatch(/^tdd: --to needs --dry-run, .*: "tdd download --min-year 2010 --to 'my lake'"/);
    expect(exitCode).toBe(2);
  });

  test('rejects --watch together with --json', async () => {
    const { stderr, exitCode } = await run(['status', '--watch', '--json']);
    expect(stderr).toContain('use only one of them');
    expect(exitCode).toBe(2);
  });
});
