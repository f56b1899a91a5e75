import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

/** Image pixels per pixel of the drawing, so that text is sharp on high-density screens. */
const SCALE = 2;

/** The font comes from a package, so that images look the same on every machine. */
const FAMILY = 'Open Sans';

let loading: Promise<Uint8Array[]> | undefined;

/** Renders an SVG drawing as a PNG image. Any font family in the drawing is replaced by Open Sans. */
export async function renderPng(svg: string): Promise<Buffer> {
  loading ??= load();
  const fontBuffers = await loading;
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: { fontBuffers, defaultFontFamily: FAMILY, sansSerifFamily: FAMILY },
  });
  const image = resvg.render();
  const png = Buffer.from(image.asPng());
  image.free();
  resvg.free();
  return png;
}

async function load(): Promise<Uint8Array[]> {
  const require = createRequire(import.meta.url);
  await initWasm(await readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const fonts = [
    require.resolve('@expo-google-fonts/open-sans/400Regular/OpenSans_400Regular.ttf'),
    require.resolve('@expo-google-fonts/open-sans/700Bold/OpenSans_700Bold.ttf'),
  ];
  return Promise.all(fonts.map((path) => readFile(path)));
}
