/** A bar, or a segment of a stacked bar. */
export interface Bar {
  /** The label of the bar on the x axis. */
  readonly label: string;
  readonly value: number;
  /** The name of the segment of a stacked bar. */
  readonly part?: string;
}

/** The contents of a bar chart. */
export interface BarChart {
  /** The question that the chart answers. */
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Bars from left to right; the segments of a stacked bar from the bottom up. */
  readonly bars: readonly Bar[];
  /** A horizontal line to compare the bars with. */
  readonly line?: { readonly value: number; readonly label: string };
}

/** The colors of the segments of a stacked bar, which color-blind people can distinguish. */
export const COLORS = ['#0072b2', '#e69f00', '#cc3311', '#999999'] as const;

/** The width of a chart, in pixels. */
export const WIDTH = 720;
const HEIGHT = 314;
/** The space around the bars for the title, the axes and their labels. */
const MARGIN = { top: 44, right: 16, bottom: 72, left: 72 };
const INNER_WIDTH = WIDTH - MARGIN.left - MARGIN.right;
const INNER_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom;
/** More labels than this would overlap. */
const MAX_LABELS = 40;

/** Draws a bar chart as SVG. The same chart gives the same text. */
export function drawBars({ title, x, y, bars, line }: BarChart): string {
  const labels = [...new Set(bars.map(({ label }) => label))];
  const parts = [...new Set(bars.flatMap(({ part }) => part ?? []))];
  const totals = labels.map((label) => sum(bars.filter((bar) => bar.label === label)));
  const ticks = chooseTicks(Math.max(...totals, line?.value ?? 0));
  const top = ticks.at(-1) ?? 1;
  const toY = (value: number) => round(MARGIN.top + INNER_HEIGHT * (1 - value / top));
  const slot = INNER_WIDTH / Math.max(labels.length, 1);
  const everyNth = Math.ceil(labels.length / MAX_LABELS);

  const grid = ticks.map(
    (tick) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(tick)}" y2="${toY(tick)}" stroke="#ddd"/>` +
      text(MARGIN.left - 8, toY(tick) + 4, 'end', tick.toLocaleString('en-US')),
  );
  const columns = labels.map((label, place) => {
    const left = MARGIN.left + place * slot;
    let below = 0;
    const pieces = bars
      .filter((bar) => bar.label === label && bar.value > 0)
      .map(({ value, part }) => {
        const from = toY(below);
        below += value;
        const color = COLORS[Math.max(parts.indexOf(part ?? ''), 0) % COLORS.length];
        const what = [label, part].filter(Boolean).join(', ');
        return (
          `<rect x="${round(left + slot * 0.1)}" y="${toY(below)}" width="${round(slot * 0.8)}" height="${round(from - toY(below))}" fill="${color}">` +
          `<title>${escapeXml(`${what}: ${value.toLocaleString('en-US')}`)}</title></rect>`
        );
      });
    const middle = round(left + slot / 2);
    const at = `${middle},${MARGIN.top + INNER_HEIGHT + 14}`;
    const name =
      place % everyNth === 0
        ? `<text transform="translate(${at}) rotate(-40)" text-anchor="end">${escapeXml(label)}</text>`
        : '';
    return pieces.join('') + name;
  });
  const legend = parts.map(
    (part, place) =>
      `<rect x="${MARGIN.left + place * 110}" y="30" width="10" height="10" fill="${COLORS[place % COLORS.length]}"/>` +
      text(MARGIN.left + 14 + place * 110, 39, 'start', part),
  );
  const level =
    line === undefined
      ? ''
      : `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(line.value)}" y2="${toY(line.value)}" stroke="#000" stroke-dasharray="6 4"/>` +
        text(WIDTH - MARGIN.right, 20, 'end', `dashed: ${line.label}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14" font-weight="bold">${escapeXml(title)}</text>`,
    ...legend,
    ...grid,
    ...columns,
    level,
    text(MARGIN.left + INNER_WIDTH / 2, HEIGHT - 10, 'middle', x),
    `<text transform="translate(16,${MARGIN.top + INNER_HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(y)}</text>`,
    '</svg>',
  ].join('\n');
}

/** Returns round numbers in equal steps, from 0 to the first one that is not below `highest`. */
function chooseTicks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = power * ([1, 2, 5].find((factor) => factor * power * 5 >= highest) ?? 10);
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

function sum(bars: readonly { readonly value: number }[]): number {
  return bars.reduce((total, { value }) => total + value, 0);
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for XML and HTML. */
export function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
