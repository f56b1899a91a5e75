import { open } from 'node:fs/promises';
import { decode, safe, unsafe } from 'ini';
import writeFileAtomic from 'write-file-atomic';
import { explainTooManyFiles, UsageError } from '../errors.ts';
import { isRecord } from '../json.ts';
import type { ConfigValues } from './resolve-settings.ts';
import type { ConfigNames } from './unknown-names.ts';

/** No real config.ini is this large. */
const MAX_BYTES = 1_048_576;

/** The contents of a config.ini. */
interface ConfigFile extends ConfigValues, ConfigNames {
  /** Whether the file exists. */
  readonly exists: boolean;
  /** The text of the file; empty when it does not exist. */
  readonly text: string;
}

/**
 * Reads config.ini; a missing file counts as an empty one. Values are literal: `%` has no special meaning (Python's
 * ConfigParser, which wrote existing files, reads `%%` as `%`, but no setting needs one), quotes around a value are removed,
 * and `;` or `#` starts a comment, also after a value.
 * @throws {UsageError} naming the path, for a directory, a file that cannot be read, is too large or is not text, or a line
 *   that is neither a section, nor a `KEY = VALUE`, nor a comment.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const bytes = await readBytes(path);
  const text = bytes === undefined ? '' : decodeText(bytes, path);
  const stray = findStrayLine(text);
  if (stray !== undefined) {
    throw new UsageError(
      `Line ${stray} of ${path} is not a [SECTION], a KEY = VALUE pair or a comment: fix or remove it.`,
    );
  }
  const parsed: Readonly<Record<string, unknown>> = decode(text);
  const values = flatten(parsed);
  return {
    path,
    names: namesOf(parsed),
    exists: bytes !== undefined,
    text,
    get: (section, key) => values.get(`${section}\n${key}`.toLowerCase()),
  };
}

/**
 * Writes entries to config.ini and keeps everything else: other sections and keys, comments, the spelling of names. The
 * write is atomic, and only the owner can read the file.
 * @returns the previous contents.
 * @throws {UsageError} naming the path, when it cannot be read or written.
 */
export async function writeConfigFile(path: string, entries: readonly ConfigEntry[]): Promise<ConfigFile> {
  const before = await readConfigFile(path);
  try {
    await writeFileAtomic(path, editConfigText(before.text, entries), { mode: 0o600 });
    return before;
  } catch (error) {
    throw (
      explainTooManyFiles(error) ??
      new UsageError(`${path} cannot be written: ${reason(error)}.`, { cause: error })
    );
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
    throw (
      explainTooManyFiles(error) ??
      new UsageError(`${path} cannot be read: ${reason(error)}.`, { cause: error })
    );
  }
  throw new UsageError(
    `${path} is larger than 1 MB, so it is not a config.ini file: name another file with --config.`,
  );
}

function decodeText(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new UsageError(
    `${path} is not UTF-8 text, so it is not a config.ini file: name another file with --config.`,
  );
}

/** Maps `section\nkey`, in lower case, to its value. If names differ only in case, the later one wins. */
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

/** Lists sections and keys. npm's ini makes `[a.b]` a section within a section. */
function namesOf(parsed: Readonly<Record<string, unknown>>, outer = ''): { section: string; key?: string }[] {
  return Object.entries(parsed).flatMap(([name, value]) => {
    if (!isRecord(value)) return [{ section: outer, key: name }];
    const section = outer === '' ? name : `${outer}.${name}`;
    return [{ section }, ...namesOf(value, section)];
  });
}

function reason(error: unknown): string {
  const words: Record<string, string> = {
    EISDIR: 'it is a directory',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOENT: 'its directory does not exist',
    ENOTDIR: 'part of its path is not a directory',
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
 * Sets `entries` in the text of a config.ini. All other lines stay the same byte for byte, including comments, which npm's
 * `ini.stringify` would drop. An existing key, in any case, keeps its spelling and position; a new key is added at the end
 * of its section, and a new section at the end of the file.
 */
function editConfigText(text: string, entries: readonly ConfigEntry[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const entry of entries) lines = setEntry(lines, entry);
  return lines.map((line) => line + eol).join('');
}

/**
 * The number, from 1, of the first line that is not valid in an ini file: not a section, key, comment, or indented
 * continuation of a value, as Python's ConfigParser writes them. A section that is indented or followed by text is invalid
 * too: npm's `ini` reads it as a key, Python as a continuation or as a section.
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
      // Replaces every line of the key: readers use the last one, which must not keep the old value.
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
