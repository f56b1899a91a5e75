import { describe, expect, it } from 'vitest';
import { TitleScanner } from '../../src/imdb/title-scanner.ts';
import { HEADER, titleRow } from './snapshot-file.ts';

describe('TitleScanner', () => {
  it('splits rows on tabs only, since quotes have no meaning', () => {
    const rows = [titleRow('tt0033122', '"Swing it" magistern', 1940), titleRow('tt0000002', '"', 1940)];
    expect(scan([HEADER, ...rows, ''].join('\n')).titles).toEqual([
      ['tt0033122', '"Swing it" magistern', 1940],
      ['tt0000002', '"', 1940],
    ]);
  });

  it('reads \\N as null, for the year and the title', () => {
    const { titles, counts } = scan(
      [HEADER, titleRow('tt0000001', 'Unmade', '\\N'), titleRow('tt0000002', '\\N', 1999), ''].join('\n'),
    );
    expect(titles).toEqual([
      ['tt0000001', 'Unmade', undefined],
      ['tt0000002', '', 1999],
    ]);
    expect(counts).toEqual({ rows: 2, wanted: 2, bad: 0 });
  });

  it('accepts rows that end with CR LF, and a last row without a line feed', () => {
    const text = [HEADER, titleRow('tt0000001', 'One', 1999), titleRow('tt0000002', 'Two', 2000)].join(
      '\r\n',
    );
    expect(scan(text).titles).toEqual([
      ['tt0000001', 'One', 1999],
      ['tt0000002', 'Two', 2000],
    ]);
    const yearLast = 'tconst\ttitleType\tprimaryTitle\tstartYear\r\ntt0000001\tmovie\tOne\t1999\r\n';
    expect(scan(yearLast).titles).toEqual([['tt0000001', 'One', 1999]]);
    const titleLast = 'tconst\ttitleType\tstartYear\tprimaryTitle\r\ntt0000001\tmovie\t1999\tOne\r\n';
    expect(scan(titleLast).titles).toEqual([['tt0000001', 'One', 1999]]);
  });

  it('finds the columns by name, in any order and after a byte order mark', () => {
    const text = '\uFEFFstartYear\tx\tprimaryTitle\ttitleType\ttconst\n1999\t?\tOne\tmovie\ttt0000001\n';
    expect(scan(text).titles).toEqual([['tt0000001', 'One', 1999]]);
    const usual = `\uFEFF${HEADER}\n${titleRow('tt0000001', 'One', 1999)}\n`;
    expect(scan(usual).titles).toEqual([['tt0000001', 'One', 1999]]);
  });

  it.each(['tconst', 'titleType', 'primaryTitle', 'startYear'])(
    'names %s when the header lacks it',
    (name) => {
      const header = HEADER.split('\t').filter((column) => column !== name);
      expect(() => scan(`${header.join('\t')}\n`)).toThrow(`lacks the column ${name} (its first line is `);
    },
  );

  it('passes only rows of exactly the wanted types', () => {
    const types = ['movie', 'movies', 'mov', 'Movie', 'tvMovie', 'moviex', 'tvEpisode', 'short', 'm'];
    const text = [HEADER, ...types.map((type, at) => titleRow(`tt000000${at}`, type, 2000, type)), ''].join(
      '\n',
    );
    expect(scan(text).titles.map(([, title]) => title)).toEqual(['movie']);
    expect(scan(text, ['tvMovie', 'short', 'm']).titles.map(([, title]) => title)).toEqual([
      'tvMovie',
      'short',
      'm',
    ]);
    expect(scan(text).counts).toEqual({ rows: 9, wanted: 1, bad: 0 });
  });

  it.each([
    ['too few fields', 'tt0000001\tmovie\tOne\tOne\t0'],
    ['a column too few, so that the end year is in the place of the year', without(3)],
    ['a column too few at its end', without(8)],
    ['no title type', without(1)],
    ['no id', without(0)],
    ['a column too many', `${titleRow('tt0000001', 'One', 1999)}\t`],
    ['a tab in its title', titleRow('tt0000001', 'One\tTwo', 1999)],
    ['an id alone', 'tt0000001'],
    ['no fields', ''],
    ['an empty type', 'tt0000001\t\tOne\tOne\t0\t1999\t\\N\t90\tDrama'],
    ['another id', titleRow('nm0000001', 'One', 1999)],
    ['an id of six digits', titleRow('tt000001', 'One', 1999)],
    ['an id of eleven digits', titleRow('tt00000000001', 'One', 1999)],
    ['an id with a letter', titleRow('tt000000x', 'One', 1999)],
    ['a path instead of an id', titleRow('tt/../../1', 'One', 1999)],
    ['letters instead of a year', titleRow('tt0000001', 'One', 'MMXX')],
    ['a year with a sign', titleRow('tt0000001', 'One', '-999')],
    ['an empty year', titleRow('tt0000001', 'One', '')],
    ['a year of five digits', titleRow('tt0000001', 'One', 20044)],
    ['a year too early', titleRow('tt0000001', 'One', 1066)],
    ['a year too late', titleRow('tt0000001', 'One', 2999)],
    ['a row longer than any title', titleRow('tt0000001', 'x'.repeat(300_000), 1999)],
  ])('counts a row with %s as bad and continues', (_, bad) => {
    const text = [HEADER, bad, titleRow('tt0000002', 'Two', 2000), ''].join('\n');
    for (const size of [7, 65_536, text.length]) {
      const { titles, counts } = scan(text, ['movie'], size);
      expect(titles).toEqual([['tt0000002', 'Two', 2000]]);
      expect(counts).toEqual({ rows: 2, wanted: 1, bad: 1 });
    }
  });

  it.each([
    ['has 8 columns instead of 9', without(3)],
    ['has 10 columns instead of 9', `${titleRow('tt0000001', 'One', 1999)}\t`],
    ['has an invalid IMDb ID', titleRow('tt1', 'One', 1999)],
    ['has no title type', titleRow('tt0000001', 'One', 1999, '')],
    ['has an invalid year', titleRow('tt0000001', 'One', 'soon')],
    ['is longer than 256 KB', titleRow('tt0000001', 'x'.repeat(300_000), 1999)],
  ])('keeps the first bad row and its line: one that %s', (problem, bad) => {
    const good = titleRow('tt0000002', 'Two', 2000);
    const { firstBad } = scan([HEADER, good, bad, good, titleRow('tt2', '', 1999), ''].join('\n'));
    expect(firstBad).toMatchObject({ line: 3, problem });
    expect(bad.startsWith(firstBad?.text.replace(/…$/, '') ?? '?')).toBe(true);
    expect(scan([HEADER, good].join('\n')).firstBad).toBeUndefined();
  });

  it('does not depend on chunk boundaries, even within characters and line ends', () => {
    const long = '長い'.repeat(2_000);
    const rows = [
      titleRow('tt0000001', '北京 Àçoures 😀', 1999),
      titleRow('tt0000002', long, 2000),
      titleRow('tt0000003', 'Ein Fall', 2001, 'tvEpisode'),
      titleRow('tt10000003', 'Ωμέγα', '\\N'),
    ];
    const text = [HEADER, ...rows, ''].join('\r\n');
    const complete = scan(text);
    expect(complete.titles.map(([, title]) => title)).toEqual(['北京 Àçoures 😀', long, 'Ωμέγα']);
    for (const size of [1, 2, 3, 5, 64, 100, 1_000, 4_096])
      expect(scan(text, ['movie'], size)).toEqual(complete);
  });

  it('rejects an empty file and a header without rows', () => {
    expect(() => scan('')).toThrow("IMDb's list is empty.");
    expect(() => scan(`${HEADER}\n`)).toThrow("IMDb's list has a header but no rows.");
    expect(() => scan(HEADER)).toThrow("IMDb's list has a header but no rows.");
  });
});

/** A row without one of its columns. */
function without(column: number): string {
  return titleRow('tt0000001', 'One', 1999).split('\t').toSpliced(column, 1).join('\t');
}

function scan(text: string, titleTypes: readonly string[] = ['movie'], size = 1_048_576) {
  const titles: (readonly [id: string, title: string, year: number | undefined])[] = [];
  const scanner = new TitleScanner(titleTypes, (bytes, row) => {
    const id = bytes.toString('latin1', row.idStart, row.idEnd);
    titles.push([id, bytes.toString('utf8', row.titleStart, row.titleEnd), row.year]);
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  scanner.end();
  return { titles, counts: { ...scanner.counts }, firstBad: scanner.firstBad };
}
