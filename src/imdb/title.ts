/** A movie of a partition, as the index lists it. */
export interface Title {
  /** IMDb's `tconst`. */
  readonly imdbId: string;
  /** IMDb's `primaryTitle`; empty where the file has `\N`. */
  readonly title: string;
}

/** Reads the rows of the index: `tconst`, tab, title, line feed. */
export function parseTitles(rows: Buffer): Title[] {
  return rows
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const tab = line.indexOf('\t');
      return { imdbId: line.slice(0, tab), title: line.slice(tab + 1) };
    });
}
