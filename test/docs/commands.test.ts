import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/program.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { readFixture } from '../compatibility/fixture.ts';
import { commandLines, flagsOf, PAGES, readPage, sectionOf, tableRows } from './pages.ts';

const page = readPage('docs/commands.md');
const settingFlags = new Set(Object.values(SETTINGS).flatMap(({ flag }) => (flag ? [`--${flag.name}`] : [])));
const flags = new Map<string, Awaited<ReturnType<typeof flagsOf>>>();

beforeAll(async () => {
  for (const name of COMMAND_NAMES) flags.set(name, await flagsOf(name));
});

describe('docs/commands.md', () => {
  it('has a section for every command and no others', () => {
    const headings = [...page.matchAll(/^## tdd (\w+)$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual([...COMMAND_NAMES].sort());
  });

  it('lists the global flags', () => {
    const listed = [...sectionOf(page, '## Global flags').matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag);
    const known = [...(flags.get('status')?.global ?? []), '--help'];
    for (const flag of known) expect(listed).toContain(flag);
  });

  describe.each(COMMAND_NAMES)('tdd %s', (name) => {
    const section = sectionOf(page, `## tdd ${name}`);
    const listed = [
      ...tableRows(section).flatMap(([first = '']) => /^`(--[a-z-]+)/.exec(first)?.[1] ?? []),
      ...[...(/^Settings: ([\s\S]*?)\n\n/m.exec(`${section}\n\n`)?.[1] ?? '').matchAll(/`(--[a-z-]+)`/g)].map(
        ([, flag = '']) => flag,
      ),
    ];

    it('lists its flags and no others', () => {
      const own = (flags.get(name)?.own ?? []).filter((flag) => flag !== '--help');
      expect(listed.sort()).toEqual(own.sort());
    });

    it('names the top-level fields of its --json', async () => {
      const shapes = Object.entries(await readFixture('commands'))
        .filter(([title]) => title === `tdd ${name}` || title.startsWith(`tdd ${name} `))
        .flatMap(([, text]) => [...text.matchAll(/^(\w+)\??: /gm)].map(([, field = '']) => field));
      const documented = new Set(
        [...(/^`--json`: ([\s\S]*)/m.exec(section)?.[1] ?? '').matchAll(/`(\w+)`/g)].map(
          ([, field]) => field,
        ),
      );
      for (const field of new Set(shapes)) expect(documented).toContain(field);
    });
  });
});

describe.each(PAGES)('the command lines in %s', (path) => {
  it('have commands and flags that exist', () => {
    for (const line of commandLines(readPage(path))) {
      expect([...COMMAND_NAMES, 'help']).toContain(line.command);
      const { own = [], global = [] } = flags.get(line.command) ?? {};
      for (const flag of line.flags) expect([...own, ...global], `tdd ${line.command}`).toContain(flag);
    }
  });
});

it('names no setting that is not a flag of deploy', () => {
  expect([...settingFlags].filter((flag) => !(flags.get('deploy')?.own ?? []).includes(flag))).toEqual([]);
});
