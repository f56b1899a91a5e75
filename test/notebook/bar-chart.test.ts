import { describe, expect, test } from 'vitest';
import { barChart } from '../../notebooks/bar-chart.ts';
import { DISPLAY, type Displayable } from '../../notebooks/display.ts';
import { type BarChart, drawBars, WIDTH } from '../../notebooks/draw-bars.ts';
import { renderPng } from '../../notebooks/render-png.ts';
import { table } from '../../notebooks/table.ts';

const STACKED: BarChart = {
  title: 'How many were found?',
  x: 'year',
  y: 'movies',
  bars: [
    { label: '2004', part: 'found', value: 30 },
    { label: '2004', part: 'not found', value: 12 },
    { label: '2005', part: 'found', value: 0 },
    { label: '2005', part: 'not found', value: 7 },
  ],
};

/** Returns the values that Jupyter receives for an object, by media type. */
async function bundleOf(shown: Displayable): Promise<Record<string, unknown>> {
  return { ...(await shown[DISPLAY]()) };
}

/** Returns the rectangles of the bars, which are those with a title. */
function barsOf(svg: string): { y: number; height: number; title: string }[] {
  const bars = svg.matchAll(/<rect [^>]*y="([\d.]+)"[^>]*height="([\d.]+)"[^>]*><title>([^<]*)</g);
  return [...bars].map(([, y, height, title = '']) => ({ y: Number(y), height: Number(height), title }));
}

describe('a bar chart', () => {
  test('draws the height of each bar in proportion to its value, and stacks segments', () => {
    const [found, missing, alone, ...others] = barsOf(drawBars(STACKED));
    expect(others).toEqual([]);
    expect([found?.title, missing?.title, alone?.title]).toEqual([
      '2004, found: 30',
      '2004, not found: 12',
      '2005, not found: 7',
    ]);
    expect((missing?.y ?? 0) + (missing?.height ?? 0)).toBeCloseTo(found?.y ?? 0, 0);
    expect((found?.height ?? 0) / (alone?.height ?? 1)).toBeCloseTo(30 / 7, 1);
    expect((found?.y ?? 0) + (found?.height ?? 0)).toBeCloseTo((alone?.y ?? 0) + (alone?.height ?? 0), 1);
  });

  test('has the same bars as an image, as Vega-Lite and as text', async () => {
    const bundle = await bundleOf(barChart(STACKED));
    expect(bundle['image/png']).toBe((await renderPng(drawBars(STACKED))).toString('base64'));
    expect(bundle['application/vnd.vegalite.v5+json']).toMatchObject({
      title: STACKED.title,
      layer: [{ mark: { type: 'bar' }, data: { values: STACKED.bars } }],
    });
    expect(bundle['text/plain']).toBe('2004 found: 30\n2004 not found: 12\n2005 found: 0\n2005 not found: 7');
  });

  test('has a line to compare with, even above all bars', () => {
    const chart = { ...STACKED, line: { value: 90, label: 'the budget' } };
    const svg = drawBars(chart);
    const level = /y1="([\d.]+)"[^>]*stroke-dasharray/.exec(svg)?.[1];
    const ticks = [...svg.matchAll(/text-anchor="end">(\d+)</g)].map(([, tick]) => Number(tick));
    expect(svg).toContain('dashed: the budget');
    expect(Math.max(...ticks.filter((tick) => tick < 1_000))).toBe(100);
    expect(Number(level)).toBeLessThan(Math.min(...barsOf(svg).map(({ y }) => y)));
  });

  test.each([0.03, 0.9, 1, 7, 40, 99, 100, 101, 9_999, 550_000])(
    'has two to eleven ticks up to %d',
    (value) => {
      const svg = drawBars({ ...STACKED, bars: [{ label: 'a', value }] });
      const ticks = svg.match(/stroke="#ddd"/g)?.length ?? 0;
      expect(ticks).toBeGreaterThan(2);
      expect(ticks).toBeLessThanOrEqual(11);
      expect(barsOf(svg)[0]?.y).toBeGreaterThanOrEqual(44);
    },
  );

  test('can be drawn without bars', () => {
    expect(drawBars({ ...STACKED, bars: [] })).not.toContain('NaN');
  });

  test('omits labels that would overlap', () => {
    const bars = Array.from({ length: 150 }, (_, place) => ({ label: `${1870 + place}`, value: 1 }));
    expect(drawBars({ ...STACKED, bars }).match(/rotate\(-40\)/g)?.length).toBeLessThanOrEqual(40);
  });

  test('escapes every text', () => {
    const svg = drawBars({ ...STACKED, title: '<b> & "c"', bars: [{ label: '<TH>', value: 1 }] });
    expect(svg).toContain('&lt;b&gt; &amp; &quot;c&quot;');
    expect(svg).not.toContain('<TH>');
  });
});

describe('an image', () => {
  test('is a PNG with twice the pixels of the drawing', async () => {
    const png = await renderPng(drawBars(STACKED));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(2 * WIDTH);
  });

  test("contains the texts, regardless of the machine's fonts", async () => {
    const images = ['one', 'two'].map((title) => renderPng(drawBars({ ...STACKED, title })));
    const [one, two] = await Promise.all(images);
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(false);
  });
});

test('a table has numbers with thousands separators, and escaped texts', async () => {
  const bundle = await bundleOf(
    table(
      ['what', 'number'],
      [
        ['<movies>', 12_345],
        ['no number', undefined],
      ],
    ),
  );
  expect(bundle['text/plain']).toBe('what\tnumber\n<movies>\t12,345\nno number\t');
  expect(bundle['text/html']).toMatch(
    /<td align="left"[^>]*>&lt;movies&gt;<\/td><td align="right"[^>]*>12,345<\/td>/,
  );
});
