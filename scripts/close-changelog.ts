import { readFile, writeFile } from 'node:fs/promises';
import { closeUnreleased } from './changelog.ts';

// `npm version` calls this with the new version in its environment.
const version = process.env.npm_package_version ?? '';
const file = new URL('../CHANGELOG.md', import.meta.url);
const day = new Date().toISOString().slice(0, 10);
await writeFile(file, closeUnreleased(await readFile(file, 'utf8'), version, day));
