import { setTimeout as pause } from 'node:timers/promises';
import { DISPLAY } from './display.ts';

/** The part of Deno's Jupyter kernel that is used here: https://docs.deno.com/api/deno/~/Deno.jupyter */
declare const Deno: { readonly jupyter: { display(value: unknown): Promise<void> } };

/**
 * Deno's kernel (2.9) loses a message that follows another before that one is flushed, so that `console.log` is
 * not to be relied on; so much apart, none is lost. https://github.com/zeromq/zmq.rs/issues/237
 */
const APART_MS = 50;

let last: Promise<void> = Promise.resolve();

/** Shows a table or a chart below the cell, after all that was shown before. Throws what the kernel throws. */
export function show(value: object): Promise<void> {
  const shown = last.then(async () => {
    await pause(APART_MS);
    await Deno.jupyter.display(value);
    await pause(APART_MS);
  });
  last = shown.catch(() => {});
  return shown;
}

/** Shows a line of text. */
export function say(line: string): Promise<void> {
  return show({ [DISPLAY]: () => ({ 'text/plain': line }) });
}
