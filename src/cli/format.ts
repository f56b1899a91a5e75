import { formatCount, formatNumberOf } from '../text.ts';
import type { Style } from './output.ts';
import { widthOf, wrapWords } from './terminal-text.ts';

/** A column: its title, and how its cells are aligned (numbers to the right). */
interface Column {
  readonly title?: string;
  readonly align?: 'left' | 'right';
  /** On a terminal that is too narrow, the cells of this column are wrapped. */
  readonly wraps?: boolean;
}

/** The parts of a style that a table needs. */
type TableStyle = Pick<Style, 'columns' | 'redact'>;

const GAP = '  ';
const LEAST_WIDTH = 12;

/**
 * Formats rows in columns, two spaces apart, below the titles if there are any. Tools such as awk can split the columns.
 * Cells may contain colors.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle = { columns: Number.POSITIVE_INFINITY, redact: (text) => text },
): string {
  return formatRows(columns, rows, style).join('\n');
}

/** Formats the rows of a table, titles first; a row with wrapped cells has several lines. */
export function formatRows(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { columns: available, redact }: TableStyle,
): string[] {
  const hasTitles = columns.some(({ title }) => title !== undefined);
  const titles = hasTitles ? [columns.map(({ title = '' }) => title.toUpperCase())] : [];
  // Redact first: a wrapped secret would not be recognized.
  const cells = [...titles, ...rows.map((row) => row.map(redact))];
  const natural = columns.map((_, index) => Math.max(0, ...cells.map((row) => widthOf(row[index] ?? ''))));
  const excess = natural.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - available;
  const widths = natural.map((width, index) =>
    columns[index]?.wraps && excess > 0 ? Math.max(LEAST_WIDTH, width - excess) : width,
  );
  return cells.map((row) => formatRow(columns, row, widths));
}

function formatRow(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string {
  const wrapped = widths.map((width, index) => {
    const cell = row[index] ?? '';
    return widthOf(cell) > width ? wrapWords(cell, width, { hard: true }) : [cell];
  });
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    widths
      .map((width, index) => {
        const part = wrapped[index]?.[line] ?? '';
        const padding = ' '.repeat(Math.max(0, width - widthOf(part)));
        return columns[index]?.align === 'right' ? padding + part : part + padding;
      })
      .join(GAP)
      .trimEnd(),
  ).join('\n');
}

/** Formats names and values, one pair per line; long values are wrapped beside their names. */
export function formatFields(fields: readonly (readonly [string, string])[], style: TableStyle): string {
  return formatTable([{}, { wraps: true }], fields, style);
}

/**
 * Formats names and values that users copy, such as ARNs: values are never wrapped. If one would not fit next to its
 * name, each value gets a line of its own.
 */
export function formatToCopy(
  fields: readonly (readonly [string, string])[],
  { columns }: Pick<Style, 'columns'>,
): string {
  const table = formatTable([{}, {}], fields);
  if (table.split('\n').every((line) => widthOf(line) <= columns)) return table;
  return fields.map(([name, value]) => `${name}\n${GAP}${value}`).join('\n');
}

/** Indents all lines. */
export function indent(text: string): string {
  return text.replaceAll(/^/gm, GAP);
}

/** Returns `style` with the width that is left for text that will be indented. */
export function indented(style: Style): Style {
  return { ...style, columns: style.columns - GAP.length };
}

/** Formats a duration: `8 s`, `2 min 13 s`, `1 h 02 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours === 0) return `${minutes} min ${two(whole % 60)} s`;
  return `${hours} h ${two(minutes)} min`;
}

/** Rounds a rate to one decimal place, to display it. */
export function roundRate(perSecond: number): number {
  return Math.round(perSecond * 10) / 10;
}

/** Formats how long something took: `3.6 s`, `12 s`, `1 h 02 min`. */
export function formatTook(seconds: number): string {
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}

/** Formats a forecast of how long all of something takes: `< 1 s` rather than `0 s`. */
export function formatTotalDuration(seconds: number): string {
  return seconds < 1 ? '< 1 s' : formatDuration(seconds);
}

/** Formats a percentage: rounded, but `100 %` only for the whole. */
export function formatPercent(part: number, whole: number): string {
  const percent = whole === 0 ? 100 : Math.round((part / whole) * 100);
  return `${part < whole ? Math.min(percent, 99) : percent} %`;
}

/** Formats US dollars: `$1,235`, `$12.35`, `< $0.01`. */
export function formatDollars(dollars: number): string {
  if (dollars < 0.01) return '< $0.01';
  const digits = dollars >= 100 ? 0 : 2;
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Formats how many requests were sent: `1 request`, `120 requests (4 throttled by TMDB)`. */
export function formatRequests({
  requests,
  throttled,
}: {
  readonly requests: number;
  readonly throttled: number;
}): string {
  const sent = formatNumberOf(requests, 'request');
  return throttled > 0 ? `${sent} (${formatCount(throttled)} throttled by TMDB)` : sent;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Formats a size in decimal units: `512 bytes`, `1.4 MB`, `213 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
