import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { name, repository, homepage, bugs } = JSON.parse(read('package.json'));

test('package.json and the release workflow name one package in one repository', () => {
  const page = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  expect(homepage).toBe(`${page}#readme`);
  expect(bugs.url).toBe(`${page}/issues`);
  const workflow = read('.github/workflows/release.yml');
  expect(workflow).toContain(`if: github.repository == '${page.replace('https://github.com/', '')}'`);
  expect(workflow).toContain(`npm view "${name}@`);
});

// Otherwise, a mistake shows only on main, where the release workflow fails.
test('every changeset names the package and the kind of change', () => {
  const files = readdirSync(new URL('../.changeset', import.meta.url)).filter((file) => file.endsWith('.md'));
  for (const file of files) {
    expect(read(`.changeset/${file}`), file).toMatch(
      new RegExp(`^---\\r?\\n(['"]?${name}['"]?: (major|minor|patch)\\r?\\n)?---\\r?\\n`),
    );
  }
});
