import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '../support/run-cli.ts';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The paths of all pages for users and contributors, relative to the root. */
export const PAGES: readonly string[] = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', '.changeset'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  ),
];

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function existsInCheckout(path: string): boolean {
  return existsSync(join(root, path));
}

/** Returns the text below a heading, up to the next heading of the same or a higher level; empty if it does not exist. */
export function sectionOf(page: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const [, ...after] = `\n${page}`.split(`\n${heading}\n`);
  return (after.join('\n').split(new RegExp(`\\n#{1,${level}} `))[0] ?? '').trim();
}

/** Returns the trimmed cells of all table rows, without the row of hyphens. */
export function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** Returns the anchors that GitHub creates for a page's headings. */
export function anchorsOf(page: string): string[] {
  const headings = [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/** Removes fenced code blocks from a page, because `#` begins a comment in them. */
export function withoutCode(page: string): string {
  return page.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** Returns the flags in a command's `--help` without their values: its own flags, and separately the global ones. */
export async function flagsOf(command: string): Promise<{ own: string[]; global: string[] }> {
  const { stdout } = await runCli([command, '--help'], { cwd: root });
  const [own = '', global = ''] = stdout.split('Global options:');
  const names = (text: string) =>
    [...text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
  return { own: names(own), global: names(global) };
}

/** Words that follow `tdd` without being commands, and a command that no longer exists. */
const NO_COMMANDS = ['and', 'does', 'sandbox'];

/** Returns every `tdd` command line in a page, as the command and its flags. */
export function commandLines(page: string): { command: string; flags: string[] }[] {
  const code = [...page.matchAll(/`([^`\n]+)`|^ {4,}(.+)$/gm)].map(
    ([, inline, block]) => inline ?? block ?? '',
  );
  return code.flatMap((line) =>
    [...line.matchAll(/\btdd ([a-z]+)((?: +[^&`#\s][^&`#\s]*)*)/g)]
      .filter(([, command = '']) => !NO_COMMANDS.includes(command))
      .map(([, command = '', rest = '']) => ({
        command,
        flags: [...rest.matchAll(/ (--[\w-]+)/g)].map(([, flag = '']) => flag.replaceAll('_', '-')),
      })),
  );
}
