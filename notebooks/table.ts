import { DISPLAY } from './display.ts';
import { escapeXml } from './draw-bars.ts';

/** A table for a notebook. Numbers have thousands separators. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
) {
  const cells = rows.map((row) => row.map(format));
  const head = columns
    .map((name, place) => `<th${alignment(rows[0]?.[place])}>${escapeXml(name)}</th>`)
    .join('');
  const body = cells.map((row, at) => {
    const line = row.map((cell, place) => `<td${alignment(rows[at]?.[place])}>${escapeXml(cell)}</td>`);
    return `<tr>${line.join('')}</tr>`;
  });
  const html = `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
  const plain = [columns, ...cells].map((row) => row.join('\t')).join('\n');
  return { [DISPLAY]: () => ({ 'text/html': html, 'text/plain': plain }) };
}

function format(cell: string | number | undefined): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 2 }) : (cell ?? '');
}

/** Aligns numbers right and texts left: with an attribute for GitHub, which removes styles, and a style for Jupyter. */
function alignment(cell: string | number | undefined): string {
  const side = typeof cell === 'number' ? 'right' : 'left';
  return ` align="${side}" style="text-align: ${side}"`;
}
