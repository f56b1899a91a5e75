import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPage, root } from './pages.ts';

/** Messages of AWS. */
const FOREIGN = ['KMSAccessDeniedException'];

const sources = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(`${root}/src/${file}`, 'utf8'))
  // Joins texts that are split over several lines.
  .map((text) => text.replaceAll(/['`]\s*\+\s*['`]/g, '').replaceAll("\\'", "'"));

/** The headings, and the first cells of tables. */
const messages = [...readPage('docs/troubleshooting.md').matchAll(/^(?:### |\| )`(.*?)`(?: \||$)/gm)].map(
  ([, message = '']) => message,
);

it.each(messages.filter((message) => !FOREIGN.includes(message)))(
  'docs/troubleshooting.md quotes "%s", which occurs in the source',
  (message) => {
    const fixed = message.split(/\{[^}]*\}|…/).filter((fragment) => /\w{2}/.test(fragment));
    const files = sources.filter((text) => fixed.every((fragment) => text.includes(fragment)));
    expect(files.length).toBeGreaterThan(0);
  },
);
