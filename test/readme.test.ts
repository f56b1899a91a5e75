import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { permissionOf } from '../src/aws/calls.ts';
import { COMMAND_NAMES } from '../src/cli/program.ts';
import { SETTINGS } from '../src/config/settings.ts';
import { runCli } from './support/run-cli.ts';
import { makeTempFolder } from './support/temp-folder.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The text of one section, up to the next heading. */
function section(heading: string): string {
  const start = readme.indexOf(`\n${heading}`);
  if (start < 0) return '';
  const next = readme.slice(start + 1).search(/\n#{2,3} /);
  return readme.slice(start, next < 0 ? undefined : start + 1 + next);
}

/** The IAM actions of every AWS call that the files of deploy make, and the event source's, which it shares. */
function deployActions(): string[] {
  const src = new URL('../src/', import.meta.url);
  const files = readdirSync(new URL('deploy/', src), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `deploy/${file}`);
  const actions = [...files, 'aws/event-source.ts'].flatMap((file) => {
    const text = readFileSync(new URL(file, src), 'utf8');
    return [...text.matchAll(/import (?:type )?\{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/\b(\w+)Command\b/g)].map(([, operation = '']) =>
          permissionOf({ service: client === 'cloudwatch-logs' ? 'logs' : client, operation }),
        ),
    );
  });
  return [...new Set(actions)].sort();
}

describe('README.md', () => {
  it('has the two commands at its top, and the scripts that they run', () => {
    const top = readme.split('\n').slice(0, 20).join('\n');
    expect(top).toContain('    npm ci && npm start\n');
    expect(top).toContain('    npm ci && npm test\n');
    expect(Object.keys(packageJson.scripts)).toEqual(
      expect.arrayContaining(['start', 'test', 'build', 'bench']),
    );
    expect(readFileSync(new URL('../.ci/run', import.meta.url), 'utf8')).toMatch(
      /npm ci\n(?:.*\n)*npm test -- --coverage\n$/,
    );
  });

  it.each(Object.values(SETTINGS))('says of $env where it is set and what it is by default', (setting) => {
    const row = section('## Settings')
      .split('\n')
      .find((line) => line.includes(`\`[${setting.section}] ${setting.key}\``));
    expect(row).toBeDefined();
    expect(row).toContain(`\`${setting.env}\``);
    expect(row).toContain(setting.flag ? `\`--${setting.flag.name}\`` : 'none');
    if (setting.default) expect(row).toContain(`\`${setting.default}\``);
  });

  it.each(COMMAND_NAMES)('has a section for tdd %s, with its flags and no others', async (name) => {
    const heading = readme
      .split('\n')
      .find((line) => line.startsWith('### ') && line.includes(`tdd ${name}`));
    expect(heading).toBeDefined();
    const text = section(heading ?? '');
    const { stdout } = await runCli([name, '--help'], { cwd: await makeTempFolder() });
    const own = stdout.slice(stdout.indexOf('Options:'), stdout.indexOf('Global Options:'));
    const flags = [...own.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
    const settingFlags = new Set(Object.values(SETTINGS).map(({ flag }) => `--${flag?.name}`));
    for (const flag of flags) if (flag && !settingFlags.has(flag)) expect(text).toContain(flag);
    for (const [, flag = ''] of text.matchAll(/`(--[a-z-]+)/g)) expect(stdout).toContain(flag);
  });

  it.each(deployActions())('lists %s among what the deployer needs', (action) => {
    expect(section('## What the deployer needs')).toContain(`\`${action}\``);
  });

  it('names the terms of both sources', () => {
    expect(readme).toContain('This product uses the TMDB API but is not endorsed or');
    expect(readme).toContain('Information courtesy of IMDb (https://www.imdb.com). Used with permission.');
  });
});
