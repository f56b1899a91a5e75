import { safe, unsafe } from 'ini';

/** A value to write into config.ini. */
export interface ConfigEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The text of a config.ini with `entries` set. Lines that say something else stay as they are, byte for byte,
 * with their comments; npm's `ini.stringify` would drop these. A key that is there, in whatever case, keeps
 * its spelling and place; a new one is put at the end of its section; a new section at the end of the file.
 */
export function editConfigText(text: string, entries: readonly ConfigEntry[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const entry of entries) lines = setEntry(lines, entry);
  return lines.map((line) => line + eol).join('');
}

/**
 * The number, from 1, of the first line that a reader of ini files cannot place: no section, key, comment, nor
 * the indented rest of a value (Python's ConfigParser writes such). A section that is indented, or has something
 * behind it, is a stray line too: npm's `ini` takes it for a key, Python for the rest of a value or for a section.
 */
export function findStrayLine(text: string): number | undefined {
  const index = text.split(/\r?\n/).findIndex((line) => {
    if (isComment(line) || sectionOf(line)) return false;
    return /^\s*\[/.test(line) || !(/^\s/.test(line) || keyOf(line));
  });
  return index < 0 ? undefined : index + 1;
}

function setEntry(lines: readonly string[], { section, key, value }: ConfigEntry): string[] {
  const result: string[] = [];
  const wanted = section.toLowerCase();
  let inSection = false;
  let isSet = false;
  let insertAt: number | undefined;
  for (const line of lines) {
    const header = sectionOf(line);
    if (header !== undefined) inSection = header.toLowerCase() === wanted;
    const name = inSection && header === undefined ? keyOf(line) : undefined;
    if (name?.toLowerCase() === key.toLowerCase()) {
      // Every line of that key, so that the last one, which a reader takes, cannot bring the old value back.
      result.push(`${line.slice(0, line.indexOf('='))}=${/=\s/.test(line) ? ' ' : ''}${safe(value)}`);
      isSet = true;
    } else {
      result.push(line);
    }
    if (inSection && line.trim() !== '') insertAt = result.length;
  }
  if (isSet) return result;
  const added = `${key} = ${safe(value)}`;
  if (insertAt !== undefined) return result.toSpliced(insertAt, 0, added);
  return [...result, ...(result.length > 0 ? [''] : []), `[${section}]`, added];
}

function isComment(line: string): boolean {
  return /^\s*(?:[;#]|$)/.test(line);
}

/** The section that a line opens, read as npm's `ini` reads it. */
function sectionOf(line: string): string | undefined {
  const match = /^\[([^\]]*)\]\s*$/.exec(line);
  return match?.[1] === undefined ? undefined : String(unsafe(match[1]));
}

/** The key that a line sets, read as npm's `ini` reads it. */
function keyOf(line: string): string | undefined {
  const match = isComment(line) ? undefined : /^([^=]+)=/.exec(line);
  return match?.[1] === undefined ? undefined : String(unsafe(match[1]));
}
