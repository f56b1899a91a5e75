import type { Change } from '../deploy/change.ts';
import { isRecord, parseJson } from '../json.ts';
import { toOneLine } from '../text.ts';

/** Longer values are shortened; `--verbose` and `--json` show them in full. */
const MAX_VALUE = 60;
/** How many characters before the first difference of two long values are shown. */
const CONTEXT = 9;

/** Formats a changed property: one line, or one per changed path if both values are JSON objects (policies). */
export function formatChange({ property, old, new: value }: Change): string[] {
  const before = parseObject(old);
  const after = parseObject(value);
  if (!before || !after) return [formatLine(property, old, value)];
  return diffObjects(property, before, after);
}

type JsonObject = Readonly<Record<string, unknown>>;

function diffObjects(path: string, before: JsonObject, after: JsonObject): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => diffValues(`${path}.${key}`, before[key], after[key]));
}

function diffValues(path: string, before: unknown, after: unknown): string[] {
  if (isRecord(before) && isRecord(after)) return diffObjects(path, before, after);
  const [old, wanted] = [itemsOf(before), itemsOf(after)];
  const removed = old.filter((item) => !wanted.includes(item));
  const added = wanted.filter((item) => !old.includes(item));
  if (removed.length + added.length === 0) return [];
  if (old.length <= 1 && wanted.length <= 1) return [formatLine(path, removed[0], added[0])];
  const parts = [
    ...(removed.length > 0 ? [`removed ${removed.join(', ')}`] : []),
    ...(added.length > 0 ? [`added ${added.join(', ')}`] : []),
  ];
  return [`${toOneLine(path)}: ${toOneLine(parts.join('; '), 4 * MAX_VALUE)}`];
}

/** For IAM, a list of one item is the same as the item itself. */
function itemsOf(value: unknown): string[] {
  if (value === undefined) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

function formatLine(property: string, old: string | undefined, value: string | undefined): string {
  const [before = 'none', after = 'removed'] = excerpts(old, value);
  return `${toOneLine(property)}: ${toOneLine(before, MAX_VALUE)} → ${toOneLine(after, MAX_VALUE)}`;
}

/** Cuts the common beginning of two values if they would otherwise be shortened before their first difference. */
function excerpts(old: string | undefined, value: string | undefined): (string | undefined)[] {
  if (old === undefined || value === undefined) return [old, value];
  const [before, after] = [[...old], [...value]];
  const common = before.findIndex((character, index) => character !== after[index]);
  const start = (common === -1 ? before.length : common) - CONTEXT;
  if (start <= 0 || Math.max(before.length, after.length) <= MAX_VALUE) return [old, value];
  return [before, after].map((characters) => `…${characters.slice(start).join('')}`);
}

function parseObject(text: string | undefined): JsonObject | undefined {
  if (!text?.startsWith('{')) return undefined;
  const value = parseJson(text);
  return isRecord(value) ? value : undefined;
}
