/**
 * A renderer for the few escape sequences that tdd uses. svg-term depends on React 16 and needs an asciicast, and
 * ansi-to-svg does not keep columns aligned when the viewer uses another font.
 */

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 20;
const FONT_SIZE = 14;
const MARGIN = 20;
const TITLE_BAR = 36;
const COLUMNS = 80;

const BACKGROUND = '#161b22';
const BORDER = '#30363d';
const FOREGROUND = '#e6edf3';

/** Foreground colors by SGR code. */
const COLORS: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#56d364',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#56d4dd',
  90: '#8b949e',
};

interface Style {
  readonly color: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

const PLAIN: Style = { color: FOREGROUND, bold: false, dim: false };

/**
 * Draws terminal lines with SGR escape sequences as an SVG with a background. Each line is a `text` element that contains
 * exactly the line's characters.
 */
export function renderSvg(lines: readonly string[], { title }: { readonly title: string }): string {
  const width = Math.ceil(COLUMNS * CELL_WIDTH + 2 * MARGIN);
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + MARGIN;
  const texts = lines.map((line, index) => {
    const y = TITLE_BAR + index * LINE_HEIGHT + FONT_SIZE;
    return `<text y="${y}" xml:space="preserve">${renderLine(line)}</text>`;
  });
  const buttons = ['#ff5f57', '#febc2e', '#28c840'].map(
    (color, index) => `<circle cx="${MARGIN + index * 20}" cy="18" r="6" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${BACKGROUND}" stroke="${BORDER}"/>`,
    ...buttons,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" fill="${FOREGROUND}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/**
 * Renders one `tspan` per run of one style without gaps, positioned at its column. This aligns columns in any font, and in
 * viewers that collapse spaces.
 */
function renderLine(line: string): string {
  let style = PLAIN;
  let column = 0;
  let svg = '';
  for (const { codes, text } of splitStyles(line)) {
    style = codes.reduce(applyCode, style);
    for (const part of text.split(/( {2,}|^ | $)/)) {
      svg += part.trim() === '' ? part : renderRun(part, column, style);
      column += part.length;
    }
  }
  return svg;
}

function renderRun(text: string, column: number, { color, bold, dim }: Style): string {
  const attributes = [
    `x="${round(MARGIN + column * CELL_WIDTH)}"`,
    `textLength="${round(text.length * CELL_WIDTH)}"`,
    'lengthAdjust="spacingAndGlyphs"',
    ...(color === FOREGROUND ? [] : [`fill="${color}"`]),
    ...(bold ? ['font-weight="bold"'] : []),
    ...(dim ? ['fill-opacity="0.65"'] : []),
  ];
  return `<tspan ${attributes.join(' ')}>${escapeXml(text)}</tspan>`;
}

/** Splits a line where its style changes. */
function splitStyles(line: string): { readonly codes: readonly number[]; readonly text: string }[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return [...line.matchAll(/((?:\u001b\[[\d;]*m)*)([^\u001b]*)/g)].map(([, sequences = '', text = '']) => ({
    codes: [...sequences.matchAll(/\d+/g)].map(Number),
    text,
  }));
}

function applyCode(style: Style, code: number): Style {
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 22:
      return { ...style, bold: false, dim: false };
    default:
      return { ...style, color: COLORS[code] ?? FOREGROUND };
  }
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
