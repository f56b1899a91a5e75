import { isRecord, parseJson } from '../json.ts';
import type { Partition } from '../partition.ts';
import { type Column, TABLES, type TableName } from './schema.ts';
import { CONVERTERS, type Value } from './values.ts';

/** The values of one row, in the order of the table's columns. */
export type Row = readonly Value[];

/** The state of a title, as a manifest has it. */
export interface TitleRecord {
  readonly state: string;
  /** ISO instant. */
  readonly at: string;
  readonly tmdbId?: number;
  readonly reviews?: number;
  readonly missingReviews?: number;
  readonly duplicateOf?: string;
  readonly reason?: string;
}

/** Creates the row of a movie. @param line the document as `toLine` returns it. */
export const movieRow = createReader('movies');

/** Creates the row of a review. @param line the document as `toLine` returns it. */
export const reviewRow = createReader('reviews');

/** Creates the row of a title. @param title IMDb's; `undefined` if it is not known. */
export function titleRow({
  imdbId,
  title,
  partition,
  state,
}: {
  readonly imdbId: string;
  readonly title: string | undefined;
  readonly partition: Partition;
  readonly state: TitleRecord;
}): Row {
  const isFound = state.state === 'found';
  const values: Readonly<Record<string, unknown>> = {
    imdb_id: imdbId,
    title,
    imdb_year: partition.year,
    initial: partition.initial,
    tmdb_id: state.tmdbId,
    state: state.state,
    reason: state.reason,
    review_count: state.reviews,
    missing_reviews: isFound ? (state.missingReviews ?? 0) : undefined,
    duplicate_of: state.duplicateOf,
    fetched_at: state.at,
  };
  return TABLES.titles.map(({ name, type }) => CONVERTERS[type](values[name]));
}

/** The value of a column in a document. */
type Read = (document: unknown, line: string, partition: Partition) => Value;

/** Returns a function that reads the columns of a table from a document, which it parses once. */
function createReader(table: Exclude<TableName, 'titles'>): (line: string, partition: Partition) => Row {
  const reads = TABLES[table].map(createRead);
  return (line, partition) => {
    const document = parseJson(line);
    return reads.map((read) => read(document, line, partition));
  };
}

function createRead({ name, type, from, paths = [name] }: Column): Read {
  if (from === 'document') return (_document, line) => line;
  if (from === 'partition') {
    return name === 'imdb_year'
      ? (_document, _line, { year }) => year
      : (_document, _line, { initial }) => initial;
  }
  const convert = CONVERTERS[type];
  const finds = paths.map(createFind);
  return (document) => {
    for (const find of finds) {
      const value = convert(find(document));
      if (value !== null) return value;
    }
    return null;
  };
}

/** Returns a function that finds the value at a path such as `author_details.rating` or `genres[].id`. */
function createFind(path: string): (json: unknown) => unknown {
  const [list = '', field] = path.split('[].');
  const names = list.split('.');
  const find = (json: unknown) => names.reduce(readField, json);
  if (field === undefined) return find;
  return (json) => {
    const items = find(json);
    return Array.isArray(items) ? items.map((item) => readField(item, field)) : undefined;
  };
}

/** Reads a field of the object itself: `constructor` and the like are not fields. */
function readField(json: unknown, name: string): unknown {
  return isRecord(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}
