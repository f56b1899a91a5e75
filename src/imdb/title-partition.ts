import unidecode from 'unidecode';
import type { Partition } from '../partition.ts';
import { INITIAL_OVERRIDES } from './initial-overrides.ts';

/**
 * Returns the partition of a title: its start year and initial. Only this function assigns titles to partitions.
 * @param title IMDb's `primaryTitle`.
 * @param year IMDb's `startYear`; `undefined` if the list has none.
 * @returns `undefined` for a title without a year, which has no partition.
 */
export function partitionOfTitle(title: string, year: number | undefined): Partition | undefined {
  return year === undefined ? undefined : { year, initial: initialOf(title) };
}

/**
 * Returns the two characters that name a title's partition: the title is transliterated to ASCII, stripped of
 * punctuation, trimmed, converted to upper case, truncated to two characters and padded with `_`; white space within
 * becomes `_`. The transliteration is that of Python's Unidecode, which named the partitions of existing lakes.
 * @returns an initial that passes `isInitial`: `TH` for "The Heroes", `A_` for "A Beautiful Mind", `__` for "!!!".
 */
export function initialOf(title: string): string {
  let first = '';
  for (let at = 0; at < title.length; at++) {
    const unit = title.charCodeAt(at);
    if (unit < 0x80) {
      const letters = ASCII[unit] ?? '';
      if (first === '') first = letters === '_' ? '' : letters;
      else if (letters !== '') return first + letters;
      continue;
    }
    const codePoint = title.codePointAt(at) ?? unit;
    if (codePoint > 0xffff) at++;
    for (const letters of lettersOf(codePoint)) {
      if (first !== '') return first + letters;
      if (letters !== '_') first = letters;
    }
  }
  return first.padEnd(2, '_');
}

/** The conversion of each ASCII character: letters and digits in upper case, white space to `_`, others to nothing. */
const ASCII: readonly string[] = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9]/.test(character)) return character.toUpperCase();
  const isSpace = code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  return isSpace ? '_' : '';
});

/**
 * Ranges for which npm's `unidecode` has no conversion and Python's uses Unicode's compatibility decomposition: modifier
 * letters, subscripts, letterlike symbols, circled digits, squared units, mathematical and enclosed letters. Outside these
 * ranges, Python's has no conversion either.
 */
const DECOMPOSED: readonly (readonly [from: number, to: number])[] = [
  [0x1d2c, 0x1d6b],
  [0x2071, 0x2071],
  [0x2090, 0x209c],
  [0x2100, 0x214f],
  [0x2460, 0x24ea],
  [0x3251, 0x33ff],
  [0x1d400, 0x1d6a5],
  [0x1d7ce, 0x1d7ff],
  [0x1f100, 0x1f149],
];

const cache = new Map<number, string>(INITIAL_OVERRIDES);

/** Converts a non-ASCII character to at most three of `A–Z`, `0–9` and `_` (for white space). */
function lettersOf(codePoint: number): string {
  let letters = cache.get(codePoint);
  if (letters === undefined) {
    letters = inAscii(transliterate(codePoint)).slice(0, 3);
    if (letters === '' && DECOMPOSED.some(([from, to]) => codePoint >= from && codePoint <= to)) {
      const parts = String.fromCodePoint(codePoint).normalize('NFKD');
      letters = inAscii(Array.from(parts, (part) => transliterate(part.codePointAt(0) ?? 0)).join('')).slice(
        0,
        3,
      );
    }
    cache.set(codePoint, letters);
  }
  return letters;
}

/** Converts a single code point: in a whole string, `unidecode` mistakes À to ß before U+0080–00BF for invalid UTF-8. */
function transliterate(codePoint: number): string {
  // The table of `unidecode` converts the C1 control characters as if they were Windows-1252.
  if (codePoint >= 0x80 && codePoint < 0xa0) return '';
  const ascii = unidecode(String.fromCodePoint(codePoint));
  return ascii.startsWith('[?]') ? '' : ascii;
}

function inAscii(text: string): string {
  return Array.from(text, (character) => ASCII[character.charCodeAt(0)] ?? '').join('');
}
