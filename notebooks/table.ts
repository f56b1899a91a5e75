import { DISPLAY } from './display.ts';
import { escapeXml } from './draw-bars.ts';

/** A table as the last expression of a notebook's cell; numbers are written with their thousands apart. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
) {
  const cells = rows.map((row) => row.map(write));
  const head = columns.map((name) => `<th>${escapeXml(name)}</th>`).join('');
  const body = cells.map((row, at) => {
    const line = row.map((cell, place) => {
      const isNumber = typeof rows[at]?.[place] === 'number';
      return `<td${isNumber ? ' align="right"' : ''}>${escapeXml(cell)}</td>`;
    });
    return `<tr>${line.join('')}</tr>`;
  });
  const html = `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
  const plain = [columns, ...cells].map((row) => row.join('\t')).join('\n');
  return { [DISPLAY]: () => ({ 'text/html': html, 'text/plain': plain }) };
}

function write(cell: string | number | undefined): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 2 }) : (cell ?? '');
}
