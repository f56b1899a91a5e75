import { DISPLAY } from './display.ts';
import { type BarChart, COLOURS, drawBars } from './draw-bars.ts';

/**
 * A chart as the last expression of a notebook's cell: Vega-Lite for JupyterLab, which draws it, and the same bars
 * as an image for viewers that do not, such as GitHub.
 */
export function barChart(chart: BarChart) {
  return {
    [DISPLAY]: () => ({
      'application/vnd.vegalite.v5+json': toVegaLite(chart),
      'image/svg+xml': drawBars(chart),
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
      color: { field: 'part', type: 'nominal', title: null, scale: { domain: parts, range: COLOURS } },
      order: { field: 'order' },
    }),
  };
  const values = bars.map((bar) => ({ ...bar, order: parts.indexOf(bar.part ?? '') }));
  const layer = [
    { data: { values }, mark: { type: 'bar', color: COLOURS[0] }, encoding },
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
