import { DISPLAY } from './display.ts';
import { type BarChart, COLORS, drawBars } from './draw-bars.ts';
import { renderPng } from './render-png.ts';

/**
 * A bar chart for a notebook: Vega-Lite, which JupyterLab draws, and an image for other viewers. The image is a PNG
 * because GitHub and nbconvert remove the contents of SVG images.
 */
export function barChart(chart: BarChart) {
  return {
    [DISPLAY]: async () => ({
      'application/vnd.vegalite.v5+json': toVegaLite(chart),
      'image/png': (await renderPng(drawBars(chart))).toString('base64'),
      'text/plain': chart.bars
        .map(({ label, part, value }) => `${label}${part ? ` ${part}` : ''}: ${value}`)
        .join('\n'),
    }),
  };
}

function toVegaLite({ title, x, y, bars, line }: BarChart) {
  const parts = [...new Set(bars.flatMap(({ part }) => part ?? []))];
  const encoding = {
    x: { field: 'label', type: 'ordinal', sort: null, title: x, axis: { labelAngle: -40 } },
    y: { field: 'value', type: 'quantitative', title: y },
    tooltip: [{ field: 'label' }, ...(parts.length > 0 ? [{ field: 'part' }] : []), { field: 'value' }],
    ...(parts.length > 0 && {
      color: { field: 'part', type: 'nominal', title: null, scale: { domain: parts, range: COLORS } },
      order: { field: 'order' },
    }),
  };
  const values = bars.map((bar) => ({ ...bar, order: parts.indexOf(bar.part ?? '') }));
  const layer = [
    { data: { values }, mark: { type: 'bar', color: COLORS[0] }, encoding },
    ...(line === undefined
      ? []
      : [
          {
            data: { values: [line] },
            mark: { type: 'rule', strokeDash: [6, 4] },
            encoding: {
              y: { field: 'value', type: 'quantitative' },
              tooltip: [{ field: 'label', title: 'line' }, { field: 'value' }],
            },
          },
        ]),
  ];
  const $schema = 'https://vega.github.io/schema/vega-lite/v5.json';
  const heading = line === undefined ? title : { text: title, subtitle: `dashed: ${line.label}` };
  return { $schema, title: heading, width: 600, height: 220, layer };
}
