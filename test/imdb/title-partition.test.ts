import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initialOf, partitionOfTitle } from '../../src/imdb/title-partition.ts';
import { isInitial } from '../../src/partition.ts';

describe('initialOf', () => {
  it('returns the specified initials', () => {
    const examples = {
      'The Heroes': 'TH',
      Àçoures: 'AC',
      '0': '0_',
      ' 0 ': '0_',
      'A Beautiful Mind': 'A_',
      '!!!': '__',
      北京: 'BE',
      '(500) Days': '50',
      'À«Quoted»': 'AQ',
    };
    const given = Object.keys(examples).map((title) => [title, initialOf(title)]);
    expect(Object.fromEntries(given)).toEqual(examples);
  });

  it("matches Python's Unidecode for titles in all scripts", () => {
    const table = readTable('initials.tsv').map(([initial = '', title = '']) => ({
      title: String(JSON.parse(title)),
      initial,
    }));
    expect(table.length).toBeGreaterThan(300);
    expect(table.map(({ title }) => ({ title, initial: initialOf(title) }))).toEqual(table);
  });

  it("matches Python's Unidecode for every Unicode code point", () => {
    const expected = new Map(
      readTable('initials-by-block.tsv').map(([block = '', digest = '']) => [block, digest]),
    );
    const nothing = (length: number) => digestOf(Array.from({ length }, () => 'X_Y_'));
    const differing: string[] = [];
    for (let block = 0; block < 0x1100; block++) {
      if (block >= 0xd8 && block <= 0xdf) continue;
      const name = block.toString(16).padStart(4, '0');
      // No script above U+2FFFF has a conversion, so every 64th code point of those blocks is enough.
      const step = block < 0x300 || expected.has(name) ? 1 : 64;
      const initials = Array.from({ length: 256 / step }, (_, index) => {
        const character = String.fromCodePoint(block * 256 + index * step);
        return initialOf(`${character}x`) + initialOf(`y${character}`);
      });
      if (digestOf(initials) !== (expected.get(name) ?? nothing(initials.length))) differing.push(name);
    }
    expect(differing).toEqual([]);
  });

  it('returns a valid initial even for unpaired surrogates', () => {
    for (let unit = 0xd800; unit <= 0xdfff; unit++) {
      const surrogate = String.fromCharCode(unit);
      expect(isInitial(initialOf(surrogate))).toBe(true);
      expect(initialOf(`${surrogate}A${surrogate}b`)).toBe('AB');
    }
    expect(initialOf('')).toBe('__');
  });
});

/** Reads a table that `make-initials-table.py` has created. */
function readTable(name: string): string[][] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

function digestOf(initials: readonly string[]): string {
  return createHash('sha256').update(initials.join('\n')).digest('hex').slice(0, 16);
}

describe('partitionOfTitle', () => {
  it('returns the year and the initial', () => {
    expect(partitionOfTitle('A Beautiful Mind', 2001)).toEqual({ year: 2001, initial: 'A_' });
  });

  it('returns undefined without a year', () => {
    expect(partitionOfTitle('A Beautiful Mind', undefined)).toBeUndefined();
  });
});
