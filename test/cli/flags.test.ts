import { describe, expect, test } from 'vitest';
import { settingOption } from '../../src/cli/flags.ts';
import { flagAttribute } from '../../src/config/resolve-settings.ts';
import { SETTING_NAMES, SETTINGS } from '../../src/config/settings.ts';

const withFlag = SETTING_NAMES.filter((name) => SETTINGS[name].flag);

describe('settingOption', () => {
  test.each(withFlag)('shows the variable, the key and the default of %s in the help', (name) => {
    const { env, section, key, description, default: standard } = SETTINGS[name];
    const option = settingOption(name);
    expect(option.description).toContain(description);
    expect(option.description).toContain(`${env}, [${section}] ${key}`);
    if (standard) expect(option.description).toContain(`default: ${standard}`);
  });

  test.each(withFlag)('sets no default on the flag of %s, so that config.ini can set one', (name) => {
    expect(settingOption(name).defaultValue).toBeUndefined();
  });

  test.each(withFlag)("derives commander's attribute name for %s", (name) => {
    expect(settingOption(name).attributeName()).toBe(flagAttribute(SETTINGS[name].flag?.name ?? ''));
  });
});
