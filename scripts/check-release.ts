import { readFile } from 'node:fs/promises';
import { checkRelease, notesOf } from './changelog.ts';

// The release workflow calls this; it prints the notes of the release.
const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8');
const { GITHUB_REPOSITORY: repository = '', GITHUB_REF_NAME: tag = '' } = process.env;
try {
  const manifest = JSON.parse(await read('package.json'));
  checkRelease({ repository, tag, manifest });
  process.stdout.write(notesOf(await read('CHANGELOG.md'), manifest.version));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
