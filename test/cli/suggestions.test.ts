import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSuggestions } from '../../src/cli/suggestions.ts';
import { isWindows } from '../support/platform.ts';
import { runCli } from '../support/run-cli.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const CWD = '/home/user/films';
const suggest = (argv: string, line: string) =>
  createSuggestions({ argv: argv.split(' '), env: {}, cwd: CWD }).command(line);

describe('a suggested command', () => {
  test.each([
    [
      'status --queue-name q --lambda-name=f --json',
      'tdd redrive',
      'tdd redrive --lambda-name f --queue-name q',
    ],
    [
      'status --datalake_bucket_name a --datalake-bucket-name b',
      'tdd resume',
      'tdd resume --datalake-bucket-name b',
    ],
    ['--config my.ini launch --limit 3', 'tdd status --watch', 'tdd status --watch --config my.ini'],
    ['launch --language de --tmdb-api-key k', 'tdd deploy', 'tdd deploy --language de'],
    ['launch --language de', 'tdd status', 'tdd status'],
    [
      'deploy --workers 4 --queue-name q',
      'tdd launch --limit 3',
      'tdd launch --limit 3 --queue-name q --workers 4',
    ],
    [
      'download --datalake-bucket-name b --language de --requests-per-second 4',
      'tdd download --failed --to lake',
      'tdd download --failed --to lake --language de --requests-per-second 4',
    ],
    ['download --queue-name= --to lake', 'tdd download --to lake', 'tdd download --to lake'],
    [
      'status --queue-name q --config c',
      'tdd development && tdd deploy && tdd resume',
      'tdd development --config c && tdd deploy --config c --queue-name q && tdd resume --config c --queue-name q',
    ],
    [
      'deploy --lambda-name mine --config c',
      'AWS_REGION=eu-west-1 tdd destroy --lambda-name theirs',
      'AWS_REGION=eu-west-1 tdd destroy --lambda-name theirs --config c',
    ],
    [
      'status --datalake-bucket-name b',
      'tdd export --to tables',
      'tdd export --to tables --datalake-bucket-name b',
    ],
    [
      'status --datalake-bucket-name b',
      'tdd export --from lake --to tables',
      'tdd export --from lake --to tables',
    ],
    ['deploy --queue-name q', 'tdd deploy --help', 'tdd deploy --help'],
    ['deploy --queue-name q', 'aws configure', 'aws configure'],
  ])('after tdd %s: %s → %s', (argv, line, expected) => {
    expect(suggest(argv, line)).toBe(expected);
  });

  test.skipIf(isWindows)('quotes values for the shell', () => {
    const argv = ['status', '--config', "it's mine.ini"];
    const { command } = createSuggestions({ argv, env: {}, cwd: CWD });
    expect(command('tdd resume')).toBe("tdd resume --config 'it'\\''s mine.ini'");
  });

  test('repeats answers, which were not flags', () => {
    const io = { argv: ['deploy'], env: {}, cwd: CWD };
    expect(createSuggestions(io, new Map([['lambdaName', 'films']])).command('tdd status')).toBe(
      'tdd status --lambda-name films',
    );
  });

  test.each([
    ['Run "tdd deploy" first.', 'Run "tdd deploy --queue-name q" first.'],
    ['Run "aws sso login" or "tdd development".', 'Run "aws sso login" or "tdd development".'],
    ['{"a":"tdd deploy"} in \\"tdd deploy\\"', '{"a":"tdd deploy --queue-name q"} in \\"tdd deploy\\"'],
    ['The tdd deployment "tdd films".', 'The tdd deployment "tdd films".'],
  ])('is found in a message: %s', (text, expected) => {
    const io = { argv: ['deploy', '--queue-name', 'q'], env: {}, cwd: CWD };
    expect(createSuggestions(io).inText(text)).toBe(expected);
  });
});

describe.skipIf(isWindows)('the start of a suggested command (needs links)', () => {
  /** A package in `node_modules`, linked from `node_modules/.bin` and from a global folder. */
  async function install() {
    const root = await makeTempFolder();
    const folders = [
      'project/node_modules/.bin',
      'project/node_modules/tdd/bin',
      'global',
      'other',
      '_npx/1/bin',
    ];
    for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
    const file = join(root, 'project/node_modules/tdd/bin/tdd.js');
    await writeFile(file, '');
    await writeFile(join(root, '_npx/1/bin/tdd.js'), '');
    await symlink(file, join(root, 'project/node_modules/.bin/tdd'));
    await symlink(file, join(root, 'global/tdd'));
    await writeFile(join(root, 'other/tdd'), '#!/bin/sh\nexec something-else\n');
    await chmod(join(root, 'other/tdd'), 0o755);
    return root;
  }
  const NPX = { npm_config_user_agent: 'npm/11.0.0', npm_command: 'exec' };

  test.each([
    ['project/node_modules/tdd/bin/tdd.js', 'global', {}, 'tdd status'],
    ['project/node_modules/tdd/bin/tdd.js', 'other:global', {}, 'node node_modules/tdd/bin/tdd.js status'],
    ['project/node_modules/tdd/bin/tdd.js', '', {}, 'node node_modules/tdd/bin/tdd.js status'],
    ['project/node_modules/.bin/tdd', '', {}, 'node_modules/.bin/tdd status'],
    ['project/node_modules/.bin/tdd', 'project/node_modules/.bin', {}, 'tdd status'],
    ['project/node_modules/.bin/tdd', 'project/node_modules/.bin', NPX, 'npx tdd status'],
    ['_npx/1/bin/tdd.js', '', NPX, 'npx tmdb-distributed-downloader status'],
    ['global/tdd', 'global', NPX, 'tdd status'],
    ['gone/tdd.js', 'global', {}, 'node ../gone/tdd.js status'],
    ['global/tdd', '', { TDD_COMMAND: 'docker run films tdd' }, 'docker run films tdd status'],
  ])('%s with PATH=%s and %j: %s', async (program, path, env, expected) => {
    const root = await install();
    const PATH = path
      .split(':')
      .map((folder) => join(root, folder))
      .join(':');
    const io = { argv: [], env: { PATH: path && PATH, ...env }, cwd: join(root, 'project') };
    expect(createSuggestions({ ...io, program: join(root, program) }).command('tdd status')).toBe(expected);
  });
});

test('errors, usage errors and results suggest commands with the flags of the run', async () => {
  const cwd = await makeTempFolder();
  const env = { TDD_COMMAND: 'npx tdd' };
  const flags = ['--config', 'a.ini', '--datalake-bucket-name', 'a-lake'];
  await writeFile(join(cwd, 'a.ini'), '');
  const error = await runCli(['download', '--imdb-id', 'tt0133093', '--to', 'lake', ...flags], { cwd, env });
  expect(error.stderr).toContain(
    '"npx tdd development --config a.ini --datalake-bucket-name a-lake" asks for it',
  );
  expect(error.stderr).not.toContain('warning:');
  const usage = await runCli(['deploy', '--nonsense', ...flags], { cwd, env });
  expect(usage.stderr).toContain('See "npx tdd deploy --help".');
  const key = ['--tmdb-api-key', 'f'.repeat(32), '--no-verify'];
  const result = await runCli(['development', ...flags, ...key], { cwd, env });
  expect(result.stdout).toContain('\n  npx tdd deploy --config a.ini --datalake-bucket-name a-lake\n');
  expect(result.stdout).toContain('\n  npx tdd download --year 2004 --initial AD --to lake --config a.ini\n');
});
