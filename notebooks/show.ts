import { setTimeout as pause } from 'node:timers/promises';
import { DISPLAY, type Displayable } from './display.ts';
import { WIDTH } from './draw-bars.ts';

/** The part of Deno's Jupyter kernel that this file uses: https://docs.deno.com/api/deno/~/Deno.jupyter */
declare const Deno: {
  readonly jupyter: { broadcast(type: 'display_data', content: object): Promise<void> };
};

/**
 * Deno's kernel (2.9) loses a message that is sent before the previous one is flushed, which also makes `console.log`
 * unreliable. A pause of this length between two messages prevents it. https://github.com/zeromq/zmq.rs/issues/237
 */
const PAUSE_MS = 150;

/** The displayed width: images have twice as many pixels. */
const IMAGE_METADATA = { 'image/png': { width: WIDTH } };

let last: Promise<void> = Promise.resolve();

/** Shows a table or a chart below the cell, after everything shown before. @throws any error of the kernel. */
export function show(value: Displayable): Promise<void> {
  const shown = last.then(async () => {
    const data = await value[DISPLAY]();
    await pause(PAUSE_MS);
    const metadata = 'image/png' in data ? IMAGE_METADATA : {};
    await Deno.jupyter.broadcast('display_data', { data, metadata, transient: {} });
    await pause(PAUSE_MS);
  });
  last = shown.catch(() => {});
  return shown;
}

/** Shows a line of text. */
export function say(line: string): Promise<void> {
  return show({ [DISPLAY]: () => ({ 'text/plain': line }) });
}
