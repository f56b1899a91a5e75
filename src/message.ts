import { UsageError, UserError } from './errors.ts';
import { isRecord } from './json.ts';
import { type Partition, parseInitial, parseYear } from './partition.ts';
import { isRunId } from './run-id.ts';
import { quote } from './text.ts';

/** One partition to download: what a producer puts on the queue for a worker. */
export interface PartitionMessage extends Partition {
  /** The UTC day of the list of titles. Older producers send none: the first worker takes today's. */
  readonly snapshot?: string;
  /** The run's name. Older producers send none: the first worker makes one. */
  readonly run?: string;
  /** How many workers have run out of time on this partition and sent a continuation message. */
  readonly hop: number;
  /** ISO instant: what was fetched earlier counts as not fetched. */
  readonly redoBefore?: string;
}

/** A message that no worker can ever process: its text says why. */
export class MessageError extends UserError {
  override readonly name = 'MessageError';
}

/** A message's body, as {@link parseMessage} reads it again. */
export function writeMessage({ year, initial, snapshot, run, hop, redoBefore }: PartitionMessage): string {
  return JSON.stringify({ year, initial, snapshot, run, hop, redoBefore });
}

/**
 * Reads a message's body. Older producers may write the year as a string and a space in the initial instead of `_`, and
 * send neither snapshot nor run. Unknown fields are ignored; everything else is validated, since it becomes part of keys.
 * @throws {MessageError} naming the field and its value.
 */
export function parseMessage(body: string): PartitionMessage {
  const fields = parseFields(body);
  const snapshot = readOptional(fields, 'snapshot', isDay, 'a day such as 2026-11-22');
  const run = readOptional(fields, 'run', isRun, "a run's name such as 20261122T101500Z-4f3a2b");
  const hop = readOptional(fields, 'hop', isHop, 'a whole number from 0');
  const redoBefore = readOptional(fields, 'redoBefore', isInstant, 'an instant such as 2026-11-22T10:00:00Z');
  return {
    year: readWith(parseYear, fields, 'year'),
    initial: readWith(parseInitial, fields, 'initial'),
    hop: hop ?? 0,
    ...(snapshot !== undefined && { snapshot }),
    ...(run !== undefined && { run }),
    ...(redoBefore !== undefined && { redoBefore }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parseFields(body: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new MessageError(`The message is not JSON: ${quote(body, 80)}.`, { cause });
  }
  if (isRecord(json)) return json;
  throw new MessageError(`The message is no JSON object: ${quote(json, 80)}.`);
}

function readWith<T>(parse: (value: unknown) => T, fields: Fields, name: string): T {
  if (!Object.hasOwn(fields, name)) throw new MessageError(`The message has no ${name}.`);
  try {
    return parse(fields[name]);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new MessageError(`The message's ${name} is wrong: ${cause.message}`, { cause });
  }
}

function readOptional<T>(
  fields: Fields,
  name: string,
  isValid: (value: unknown) => value is T,
  what: string,
): T | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  if (isValid(value)) return value;
  throw new MessageError(`The message's ${name} is wrong: ${quote(value, 80)} is not ${what}.`);
}

function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const midnight = new Date(`${value}T00:00:00Z`);
  // A day that does not exist (30 February) is parsed as one of the next month.
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(value);
}

function isRun(value: unknown): value is string {
  return typeof value === 'string' && isRunId(value);
}

function isHop(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !isDay(value.slice(0, 10))) return false;
  const isIso = /^.{10}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(value);
  return isIso && !Number.isNaN(Date.parse(value));
}
