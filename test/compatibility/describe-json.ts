/** The keys of strings that consumers of the JSON compare with, so the values are part of its shape. */
const WORDS: readonly string[] = [
  ...['action', 'apiKeyChange', 'boundBy', 'bucketNameChange', 'kind', 'lastUpdate', 'outcome', 'phase'],
  'state',
];

/** Keys that are data: IMDb IDs, years, initials. */
const DATA_KEY = /^(tt\d+|\d+|[A-Z0-9_]{2})$/;

/**
 * Describes the common shape of `values`: a line for each key path, sorted, with its JSON types. An array's
 * elements are `path[]`; the values of an object whose keys are data are `path.*`; a key that only some objects at
 * the same path have ends with `?`.
 */
export function describeJson(...values: readonly unknown[]): string[] {
  const lines: string[] = [];
  describe('', '', values, lines);
  return lines;
}

function describe(path: string, key: string, values: readonly unknown[], lines: string[]): void {
  const types = new Set(values.map((value) => typeOf(key, value)));
  if (types.size > 0) lines.push(`${path === '' ? '(all)' : path}: ${[...types].sort().join(' | ')}`);
  const elements = values.filter(Array.isArray).flat();
  if (elements.length > 0) describe(`${path}[]`, key, elements, lines);
  const objects = values.filter(isObject);
  const prefix = path === '' ? '' : `${path}.`;
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))].sort();
  if (keys.length > 0 && keys.every((name) => DATA_KEY.test(name))) {
    const entries = objects.flatMap((object) => Object.values(object));
    describe(`${prefix}*`, '', entries, lines);
    return;
  }
  for (const name of keys) {
    const having = objects.filter((object) => object[name] !== undefined);
    if (having.length === 0) continue;
    const mark = having.length < objects.length ? '?' : '';
    const inner = having.map((object) => object[name]);
    describe(`${prefix}${name}${mark}`, name, inner, lines);
  }
}

function typeOf(key: string, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'string' && WORDS.includes(key) ? JSON.stringify(value) : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
