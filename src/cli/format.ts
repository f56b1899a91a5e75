import { stripVTControlCharacters } from 'node:util';

/** A column: its title, and how its cells are aligned (numbers to the right). */
interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Rows in columns of equal width, two spaces between, the titles above: easy to read, and to cut with awk.
 * Cells may hold colours.
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => widthOf(cells[index] ?? ''))));
  return lines
    .map((cells) =>
      columns
        .map(({ align }, index) => {
          const cell = cells[index] ?? '';
          const padding = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
          return align === 'right' ? padding + cell : cell + padding;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** Seconds for people: `8 s`, `2 min 13 s`, `1 h 02 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours === 0) return `${minutes} min ${two(whole % 60)} s`;
  return `${hours} h ${two(minutes)} min`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
