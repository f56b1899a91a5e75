import { setTimeout as pause } from 'node:timers/promises';
import { DISPLAY, type Displayable } from './display.ts';
import { WIDTH } from './draw-bars.ts';

/** The part of Deno's Jupyter kernel that is used here: https://docs.deno.com/api/deno/~/Deno.jupyter */
declare const Deno: {
  readonly jupyter: { broadcast(type: 'display_data', content: object): Promise<void> };
};

/**
 * Deno's kernel (2.9) loses a message that follows another one before that is flushed, which also makes `console.log`
 * unreliable. With this pause in between, no message is lost. https://github.com/zeromq/zmq.rs/issues/237
 */
const PAUSE_MS = 50;

/** The width on the page: images have twice as many pixels. */
const IMAGE_METADATA = { 'image/png': { width: WIDTH } };

let last: Promise<void> = Promise.resolve();

/** Shows a table or a chart below the cell, after everything that was shown before. @throws what the kernel throws. */
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
