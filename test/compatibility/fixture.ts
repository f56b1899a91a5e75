import { readFile, writeFile } from 'node:fs/promises';
import type { Recording } from './record.ts';

const FOLDER = new URL('1.0.0/', import.meta.url);
const HEADING = '=== ';

/** The files of the fixture, without `.txt`. */
export type FixtureName = 'help' | 'mistakes' | 'commands' | 'lake' | 'exports' | 'results';

export async function readFixture(name: FixtureName): Promise<Recording> {
  const text = await readFile(new URL(`${name}.txt`, FOLDER), 'utf8');
  const sections = text.split(/^=== /m).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end + 1)];
    }),
  );
}

export async function writeFixture(name: FixtureName, recording: Recording): Promise<void> {
  const sections = Object.entries(recording).map(([heading, text]) => `${HEADING}${heading}\n${text}`);
  await writeFile(new URL(`${name}.txt`, FOLDER), sections.join(''));
}
