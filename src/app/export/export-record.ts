import { UsageError, UserError } from '../../errors.ts';
import { isRecord, parseJson } from '../../json.ts';
import { JSON_TYPE } from '../../lake/keys.ts';
import type { ETag, Lake } from '../../lake/lake.ts';
import { EXPORT_RECORD_KEY } from '../../tables/export-keys.ts';
import { type ExportFormat, SUFFIXES } from '../../tables/formats.ts';
import { TABLE_NAMES, type TableName } from '../../tables/schema.ts';
import { quote } from '../../text.ts';

/** The rows and bytes of a file, or of all files of a table. */
export interface TableSize {
  readonly rows: number;
  readonly bytes: number;
}

/** What an export records of a year: what it was built from, and its files. */
export interface YearRecord {
  readonly fingerprint: string;
  readonly tables: Readonly<Record<TableName, TableSize>>;
  /** The keys in the lake of the documents that could not be read. Absent: none. */
  readonly unreadable?: readonly string[];
  /** The initials of the partitions whose manifest was incomplete. Absent: none. */
  readonly incomplete?: readonly string[];
}

/** The record of an export in its destination. */
export interface ExportRecord {
  /** The years that are complete. */
  readonly years: ReadonlyMap<number, YearRecord>;
  /** Saves the record of a new destination, so that a concurrent export in another format notices it. */
  claim(): Promise<void>;
  /** Adds a year, or replaces it, and saves the record. */
  save(year: number, record: YearRecord): Promise<void>;
}

/** The format of `export.json`. An incompatible one must have a higher number. */
const VERSION = 1;

/** What `export.json` contains. */
interface Stored {
  readonly version: number;
  readonly format: ExportFormat;
  /** The lake. An export of two would have the years of each overwritten or emptied by the other. */
  readonly from: string;
  readonly years: Readonly<Record<string, YearRecord>>;
}

/**
 * Opens the record of an export; it writes nothing. Saving is safe if several exports write into one destination: each adds
 * its years.
 * @throws {UsageError} when the destination has an export in another format, or of another lake.
 * @throws {UserError} when the record is damaged, or was written by a newer version.
 */
export async function openExportRecord(
  { target }: { readonly target: Lake },
  { format, from }: { readonly format: ExportFormat; readonly from: string },
): Promise<ExportRecord> {
  const where = `${target.url}/${EXPORT_RECORD_KEY}`;
  const ours = new Map<number, YearRecord>();
  const years = new Map<number, YearRecord>();
  let etag: ETag | null = null;
  await read();
  return {
    years,
    claim: async () => {
      if (etag === null) await save();
    },
    save: async (year, record) => {
      ours.set(year, record);
      years.set(year, record);
      await save();
    },
  };

  /** Reads the years of other exports; of the years that this one has written, its own records count. */
  async function read(): Promise<void> {
    const object = await target.read(EXPORT_RECORD_KEY);
    etag = object?.etag ?? null;
    const stored = object && parseRecord(object.body.toString('utf8'), where);
    if (stored !== undefined && stored.format !== format)
      throw otherFormat(target.url, stored.format, format);
    if (stored !== undefined && stored.from !== from) throw otherLake(target.url, stored.from, from);
    for (const [year, record] of Object.entries(stored?.years ?? {}))
      if (!ours.has(Number(year))) years.set(Number(year), record);
  }

  async function save(): Promise<void> {
    for (;;) {
      const sorted = [...years].sort(([a], [b]) => a - b);
      const stored: Stored = { version: VERSION, format, from, years: Object.fromEntries(sorted) };
      const text = `${JSON.stringify(stored, null, 2)}\n`;
      const saved = await target.compareAndSwap(EXPORT_RECORD_KEY, text, JSON_TYPE, etag);
      if (saved !== undefined) {
        etag = saved;
        return;
      }
      await read();
    }
  }
}

function otherFormat(url: string, theirs: ExportFormat, ours: ExportFormat): UsageError {
  return new UsageError(
    `${url} contains an export in the format "${theirs}", not "${ours}": choose another destination, or the same format.`,
  );
}

function otherLake(url: string, theirs: string, ours: string): UsageError {
  return new UsageError(
    `${url} contains an export of the lake ${quote(theirs, 1_000)}, not ${quote(ours, 1_000)}: choose another destination, or, if the lake has moved or is to replace the other, delete ${url}/${EXPORT_RECORD_KEY}.`,
  );
}

function parseRecord(text: string, where: string): Stored {
  const value = parseJson(text);
  if (isRecord(value) && typeof value.version === 'number' && value.version > VERSION)
    throw new UserError(
      `${where} was written by a newer version of tdd (format ${value.version}): update tdd.`,
    );
  if (isStored(value)) return value;
  throw new UserError(
    `${where} is not the record of an export: choose another destination, or delete this file to export everything again.`,
  );
}

function isStored(value: unknown): value is Stored {
  return (
    isRecord(value) &&
    typeof value.version === 'number' &&
    typeof value.format === 'string' &&
    Object.hasOwn(SUFFIXES, value.format) &&
    typeof value.from === 'string' &&
    isRecord(value.years) &&
    Object.entries(value.years).every(([year, record]) => /^\d{4}$/.test(year) && isYearRecord(record))
  );
}

function isYearRecord(value: unknown): boolean {
  if (!isRecord(value) || typeof value.fingerprint !== 'string' || !isRecord(value.tables)) return false;
  const { tables, unreadable = [], incomplete = [] } = value;
  return [unreadable, incomplete].every(isStrings) && TABLE_NAMES.every((name) => isTableSize(tables[name]));
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTableSize(value: unknown): boolean {
  return isRecord(value) && typeof value.rows === 'number' && typeof value.bytes === 'number';
}
