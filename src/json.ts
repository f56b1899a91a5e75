/** Parses JSON text. @returns `undefined` when `text` is not valid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether `value` is a JSON object, that is, neither an array nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof ExactNumber);
}

const MARK = 'ExactNumber';

/** A number that JavaScript would round, such as 9007199254740993 or 1e400, as its text. */
class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Makes `JSON.stringify` write a text that {@link formatExactJson} looks for. */
  toJSON(): string {
    return MARK;
  }
}

/**
 * Parses JSON text that {@link formatExactJson} will write again. Numbers that JavaScript would round become objects for
 * that function. (`JSON.rawJSON` and the `source` that revivers get would do the same, but need Node 22.)
 * @returns `undefined` when `text` is not valid JSON, or has such a number and is nested too deeply to be read twice.
 */
export function parseExactJson(text: string): unknown {
  const json = parseJson(text);
  if (json === undefined || !LONG_NUMBER.test(text)) return json;
  try {
    const mark = unusedMark(JSON.stringify(json));
    const marked = replaceNumbers(text, (number) => (isExact(number) ? number : `"${mark}${number}"`));
    return JSON.parse(marked, (_, value) =>
      typeof value === 'string' && value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value,
    );
  } catch {
    return undefined;
  }
}

/**
 * Formats a value as JSON text, with the numbers that {@link parseExactJson} read as they were.
 * @throws {RangeError} when the value is nested too deeply.
 */
export function formatExactJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes(MARK)) return text;
  const mark = unusedMark(text);
  const marked = JSON.stringify(value, function (this: Record<string, unknown>, key, item) {
    const original = this[key];
    return original instanceof ExactNumber ? mark + original.text : item;
  });
  const [start = '', ...numbers] = marked.split(`"${mark}`);
  return start + numbers.map((rest) => rest.replace('"', '')).join('');
}

/** Finds numbers with 16 or more characters or an exponent, the only ones that can be rounded, and some text. */
const LONG_NUMBER = /[:[,\s]-?\d(?:[\d.]{15}|[\d.]*[eE])/;

/** Returns a short mark that no string or key of this JSON contains. */
function unusedMark(json: string): string {
  const used = new Set(json.match(/ExactNumber\d+#/g));
  let next = 0;
  while (used.has(`${MARK}${next}#`)) next += 1;
  return `${MARK}${next}#`;
}

/** Replaces the numbers of valid JSON text, but not those within strings. */
function replaceNumbers(text: string, replace: (number: string) => string): string {
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const quote = text.indexOf('"', start);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(start, end).replace(/-?\d[\d.eE+-]*/g, replace));
    start = quote < 0 ? end : endOfString(text, quote);
    parts.push(text.slice(end, start));
  }
  return parts.join('');
}

/** Returns the position after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Whether a JavaScript number has the same value as the text. */
function isExact(number: string): boolean {
  return normalize(number) === normalize(String(Number(number)));
}

/** Converts `-1.50e3` to `-15e2`, and every zero to `0`. */
function normalize(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const shift = digits.length - significant.length - fraction.length;
  return significant === '' ? '0' : `${sign}${significant}e${Number(exponent) + shift}`;
}
