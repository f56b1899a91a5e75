import { open } from 'node:fs/promises';
import { decode, safe, unsafe } from 'ini';
import writeFileAtomic from 'write-file-atomic';
import { UsageError } from '../errors.ts';
import type { ConfigValues } from './resolve-settings.ts';

/** Larger than any config.ini. */
const MAX_BYTES = 1_048_576;

/** A config.ini as it was read. */
interface ConfigFile extends ConfigValues {
  /** Whether there was a file. */
  readonly exists: boolean;
  /** The file's text, empty when there was none. */
  readonly text: string;
}

/**
 * Reads config.ini. An absent file reads as an empty one. Values are taken literally: `%` has no
 * meaning (Python's ConfigParser wrote existing files and would read `%%` as `%`, but no setting of ours needs
 * one), quotes around a value are removed, and `;` or `#` begin a comment, also behind a value.
 * @throws {UsageError} naming the path, for a directory, a file that may not be read, is too large, is not text, or has a
 *   line that is neither a section, nor a `KEY = VALUE`, nor a comment.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const bytes = await readBytes(path);
  const text = bytes === undefined ? '' : decodeText(bytes, path);
  const stray = findStrayLine(text);
  if (stray !== undefined) {
    throw new UsageError(
      `${path}, line ${stray}, is neither a [SECTION] alone on its line, nor a KEY = VALUE, nor a comment: mend or remove it.`,
    );
  }
  const values = flatten(decode(text));
  return {
    path,
    exists: bytes !== undefined,
    text,
    get: (section, key) => values.get(`${section}\n${key}`.toLowerCase()),
  };
}

/**
 * Writes entries into config.ini and leaves everything else in it as it is: other sections and keys, comments,
 * the spelling of names. The file is written whole or not at all, readable by its owner only.
 * @returns the file as it was before.
 * @throws {UsageError} naming the path, when it cannot be read or written.
 */
export async function writeConfigFile(path: string, entries: readonly ConfigEntry[]): Promise<ConfigFile> {
  const before = await readConfigFile(path);
  try {
    await writeFileAtomic(path, editConfigText(before.text, entries), { mode: 0o600 });
    return before;
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${reason(error)}.`, { cause: error });
  }
}

async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path);
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of file.createReadStream({ autoClose: false, end: MAX_BYTES })) {
        chunks.push(chunk);
        size += chunk.length;
      }
      if (size <= MAX_BYTES) return Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new UsageError(`${path} cannot be read: ${reason(error)}.`, { cause: error });
  }
  throw new UsageError(
    `${path} is larger than a megabyte, so it is no config.ini: give another --config FILE.`,
  );
}

function decodeText(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new UsageError(`${path} is no text in UTF-8, so it is no config.ini: give another --config FILE.`);
}

/** `section\nkey` in lower case to value; of names that differ in case alone the later one wins. */
function flatten(parsed: Readonly<Record<string, unknown>>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [section, keys] of Object.entries(parsed)) {
    if (typeof keys !== 'object' || keys === null) continue;
    for (const [key, value] of Object.entries(keys)) {
      // npm's ini makes booleans of `true` and `false`, and `true` of a key without `=`.
      if (typeof value === 'string' || typeof value === 'boolean') {
        values.set(`${section}\n${key}`.toLowerCase(), String(value));
      }
    }
  }
  return values;
}

function reason(error: unknown): string {
  const words: Record<string, string> = {
    EISDIR: 'it is a directory',
    EACCES: 'permission is denied',
    EPERM: 'permission is denied',
    ENOENT: 'its folder does not exist',
    ENOTDIR: 'a part of its path is no folder',
    ENOSPC: 'the disk is full',
    EROFS: 'its file system is read-only',
  };
  return words[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** A value to write into config.ini. */
interface ConfigEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The text of a config.ini with `entries` set. Lines that say something else stay as they are, byte for byte,
 * with their comments; npm's `ini.stringify` would drop these. A key that is there, in whatever case, keeps
 * its spelling and place; a new one is put at the end of its section; a new section at the end of the file.
 */
function editConfigText(text: string, entries: readonly ConfigEntry[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const entry of entries) lines = setEntry(lines, entry);
  return lines.map((line) => line + eol).join('');
}

/**
 * The number, from 1, of the first line that is not part of an ini file: no section, key, comment, nor
 * the indented rest of a value (Python's ConfigParser writes such). A section that is indented, or has something
 * behind it, is a stray line too: npm's `ini` takes it for a key, Python for the rest of a value or for a section.
 */
function findStrayLine(text: string): number | undefined {
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
      // Every line of that key, so that the last one, which a reader takes, does not restore the old value.
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
