import { InvalidValueError, UserError } from './errors.ts';
import { isRecord } from './json.ts';
import { type Partition, parseInitial, parseYear } from './partition.ts';
import { isRunId } from './run-id.ts';
import { quote } from './text.ts';

/** The SQS message for one partition: a launch sends it, a worker downloads the partition. */
export interface PartitionMessage extends Partition {
  /** The UTC day of the snapshot. Older producers send none; the first worker then uses today's. */
  readonly snapshot?: string;
  /** The ID of the run. Older producers send none; the first worker then creates one. */
  readonly run?: string;
  /** How many continuation messages preceded this one: each worker that runs out of time sends the next. */
  readonly hop: number;
  /** ISO instant: titles downloaded before it are downloaded again. */
  readonly redoBefore?: string;
  /** ISO instant: movies with missing reviews that were downloaded before it are downloaded again. */
  readonly redoIncompleteBefore?: string;
}

/** A poison message: no worker can ever process it. The error text says why. */
export class MessageError extends UserError {
  override readonly name = 'MessageError';
}

/** Serializes a message to the JSON body that {@link parseMessage} reads. */
export function writeMessage(message: PartitionMessage): string {
  const { year, initial, snapshot, run, hop, redoBefore, redoIncompleteBefore } = message;
  return JSON.stringify({ year, initial, snapshot, run, hop, redoBefore, redoIncompleteBefore });
}

/**
 * Parses and validates the body of a message. Older producers may write the year as a string and a space instead of `_`
 * in the initial, and send neither snapshot nor run. Unknown fields are ignored; known fields are validated strictly,
 * because they become part of lake keys.
 * @throws {MessageError} with the field and its value.
 */
export function parseMessage(body: string): PartitionMessage {
  const fields = parseFields(body);
  const snapshot = readOptional(fields, 'snapshot', isDay, 'a date such as 2026-11-22');
  const run = readOptional(fields, 'run', isRun, 'a run ID such as 20261122T101500Z-4f3a2b');
  const hop = readOptional(fields, 'hop', isHop, 'a whole number of 0 or more');
  const instant = 'a time such as 2026-11-22T10:00:00Z';
  const redoBefore = readOptional(fields, 'redoBefore', isInstant, instant);
  const redoIncompleteBefore = readOptional(fields, 'redoIncompleteBefore', isInstant, instant);
  return {
    year: readWith(parseYear, fields, 'year'),
    initial: readWith(parseInitial, fields, 'initial'),
    hop: hop ?? 0,
    ...(snapshot !== undefined && { snapshot }),
    ...(run !== undefined && { run }),
    ...(redoBefore !== undefined && { redoBefore }),
    ...(redoIncompleteBefore !== undefined && { redoIncompleteBefore }),
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
  throw new MessageError(`The message is not a JSON object: ${quote(json, 80)}.`);
}

function readWith<T>(parse: (value: unknown) => T, fields: Fields, name: string): T {
  if (!Object.hasOwn(fields, name)) throw new MessageError(`The message has no "${name}".`);
  try {
    return parse(fields[name]);
  } catch (cause) {
    if (!(cause instanceof InvalidValueError)) throw cause;
    throw new MessageError(`The message has an invalid "${name}": it ${cause.requirement}`, { cause });
  }
}

function readOptional<T>(
  fields: Fields,
  name: string,
  isValid: (value: unknown) => value is T,
  expected: string,
): T | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  if (isValid(value)) return value;
  throw new MessageError(
    `The message has an invalid "${name}": it must be ${expected} (got ${quote(value, 80)}).`,
  );
}

function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const midnight = new Date(`${value}T00:00:00Z`);
  // `Date` turns a nonexistent day (30 February) into one of the next month.
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
