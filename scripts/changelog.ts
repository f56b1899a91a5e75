const UNRELEASED = '## Unreleased\n';

/**
 * Turns the unreleased section into the dated section of a version. The next change adds a new unreleased section.
 * @param day the release's UTC day, such as `2026-11-22`.
 * @throws Error when there are no unreleased changes.
 */
export function closeUnreleased(changelog: string, version: string, day: string): string {
  if (changelog.split(UNRELEASED).length !== 2) {
    throw new Error('CHANGELOG.md needs one "## Unreleased" section with the changes of this release.');
  }
  return changelog.replace(UNRELEASED, `## ${version} (${day})\n`);
}

/**
 * Returns the notes in a version's section.
 * @throws Error when the version has no section, or an empty one.
 */
export function notesOf(changelog: string, version: string): string {
  const [, ...sections] = `\n${changelog}`.split('\n## ');
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version) ?? '';
  const notes = section.slice(section.indexOf('\n') + 1).trim();
  if (!section.includes('\n') || notes === '') throw new Error(`CHANGELOG.md has no notes on ${version}.`);
  return `${notes}\n`;
}

/** The input of a release. */
interface Release {
  /** The repository that the workflow runs in, `owner/name`. */
  readonly repository: string;
  /** The tag that was pushed. */
  readonly tag: string;
  readonly manifest: { readonly version: string; readonly repository: { readonly url: string } };
}

/**
 * Checks the repository and the tag, which npm would check only after the package is signed, or not at all.
 * @throws Error when the repository or the tag differs from package.json.
 */
export function checkRelease({ repository, tag, manifest }: Release): void {
  const expected = `git+https://github.com/${repository}.git`;
  if (manifest.repository.url !== expected) {
    throw new Error(
      `"repository.url" in package.json must be "${expected}" to publish from this repository (it is "${manifest.repository.url}").`,
    );
  }
  if (tag !== `v${manifest.version}`) {
    throw new Error(`The tag must be "v${manifest.version}", the version in package.json (got "${tag}").`);
  }
}
