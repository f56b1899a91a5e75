import { expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { readPage, tableRows } from './pages.ts';

const rows = tableRows(readPage('docs/settings.md')).filter(([first = '']) => first.startsWith('`['));

it('docs/settings.md has a row for every setting and no others', () => {
  const named = rows.map(([key]) => key);
  expect(named).toEqual(Object.values(SETTINGS).map(({ section, key }) => `\`[${section}] ${key}\``));
});

it.each(Object.values(SETTINGS))(
  'docs/settings.md gives the variable, flag and default of $env',
  (setting) => {
    const row = rows.find(([key]) => key === `\`[${setting.section}] ${setting.key}\``);
    const [, env, flag, standard = ''] = row ?? [];
    expect(env).toBe(`\`${setting.env}\``);
    expect(flag).toBe(setting.flag ? `\`--${setting.flag.name}\`` : 'none');
    if (setting.default) expect(standard).toBe(`\`${setting.default}\``);
    else expect(standard).toMatch(/^none/);
  },
);
