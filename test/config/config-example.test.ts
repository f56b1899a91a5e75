import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { decode } from 'ini';
import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config/config-file.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { SETTING_NAMES, SETTINGS } from '../../src/config/settings.ts';

const path = fileURLToPath(new URL('../../config.example.ini', import.meta.url));

describe('config.example.ini', () => {
  test('has every setting with its default, in the order of the table, and nothing else', async () => {
    const sections = decode(await readFile(path, 'utf8'));
    const found = Object.entries(sections).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, value]) => `[${section}] ${key} = ${value}`),
    );
    expect(found).toEqual(
      SETTING_NAMES.map((name) => SETTINGS[name]).map(
        ({ section, key, default: standard = '' }) => `[${section}] ${key} = ${standard}`,
      ),
    );
  });

  test('yields the defaults when it is used unchanged', async () => {
    const file = await readConfigFile(path);
    expect(resolveSettings({ env: {}, file })).toEqual(resolveSettings({ env: {} }));
  });

  test.each(SETTING_NAMES)('shows the meaning, the variable and the flag of %s', async (name) => {
    const { key, description, env, flag } = SETTINGS[name];
    const lines = (await readFile(path, 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.startsWith(`${key} =`));
    expect(lines[at - 2]?.toLowerCase()).toContain(`; ${description}`.toLowerCase());
    expect(lines[at - 1]).toBe(`; ${env}${flag ? `, --${flag.name}` : ''}`);
  });
});
