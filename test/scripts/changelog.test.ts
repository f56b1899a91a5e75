import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkRelease, closeUnreleased, notesOf } from '../../scripts/changelog.ts';

const CHANGELOG = '# Changelog\n\nText.\n\n## Unreleased\n\n### Added\n\n- A.\n\n## 1.0.0\n\nThe first.\n';
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('closeUnreleased', () => {
  test('dates the changes of the version', () => {
    expect(closeUnreleased(CHANGELOG, '1.1.0', '2026-11-22')).toBe(
      CHANGELOG.replace('## Unreleased', '## 1.1.0 (2026-11-22)'),
    );
  });

  test('throws when there are no unreleased changes', () => {
    const released = closeUnreleased(CHANGELOG, '1.1.0', '2026-11-22');
    expect(() => closeUnreleased(released, '1.2.0', '2026-11-23')).toThrow(/needs one "## Unreleased"/);
  });
});

describe('notesOf', () => {
  test('returns the text of one version', () => {
    const released = closeUnreleased(CHANGELOG, '1.1.0', '2026-11-22');
    expect(notesOf(released, '1.1.0')).toBe('### Added\n\n- A.\n');
    expect(notesOf(released, '1.0.0')).toBe('The first.\n');
  });

  test.each(['1.1.0', '1.0', '# Changelog'])('throws for %j, which has no section', (version) => {
    expect(() => notesOf(CHANGELOG, version)).toThrow(`CHANGELOG.md has no notes on ${version}.`);
  });

  test('finds the notes of the current version in CHANGELOG.md', () => {
    const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
    expect(notesOf(changelog, manifest.version)).not.toBe('');
  });
});

describe('checkRelease', () => {
  const release = {
    repository: 'someone/tdd',
    tag: 'v1.1.0',
    manifest: { version: '1.1.0', repository: { url: 'git+https://github.com/someone/tdd.git' } },
  };

  test('accepts the repository and the tag that package.json names', () => {
    expect(() => checkRelease(release)).not.toThrow();
  });

  test('throws in another repository', () => {
    expect(() => checkRelease({ ...release, repository: 'fork/tdd' })).toThrow(
      '"repository.url" in package.json must be "git+https://github.com/fork/tdd.git" to publish from this repository (it is "git+https://github.com/someone/tdd.git").',
    );
  });

  test('throws for the tag of another version', () => {
    expect(() => checkRelease({ ...release, tag: 'v1.2.0' })).toThrow(
      'The tag must be "v1.1.0", the version in package.json (got "v1.2.0").',
    );
  });
});

test('package.json names the same repository in all its URLs', () => {
  const page = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  expect(manifest.homepage).toBe(`${page}#readme`);
  expect(manifest.bugs.url).toBe(`${page}/issues`);
});
