import type { OutStream } from './io.ts';
import { widthOf } from './terminal-text.ts';

/** A text of several lines. Each version replaces the previous one or, where that is not possible, is printed below it. */
interface RedrawnText {
  /** Shows what `render` returns, without a line end; called again when the terminal's size changes. */
  show(render: () => string): void;
  /** Erases the last version, so that the next output takes its place, and stops reacting to `resize`. */
  clear(): void;
}

/**
 * Writes each version with a single write that overwrites the previous one line by line and erases only its remains. This
 * prevents flickering and leaves the lines above unchanged.
 * @param options.overwrites `false` where nothing can be overwritten, or when other lines are printed in between.
 */
export function createRedrawnText(
  stream: OutStream,
  { overwrites }: { readonly overwrites: boolean },
): RedrawnText {
  let shown: readonly string[] = [];
  let render = (): string => '';

  /** Moves to the first line of the last version, which the terminal may have rewrapped for its current width. */
  const toItsStart = (): string => {
    const columns = stream.columns || 80;
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return rows > 0 ? `\x1b[${rows}A\r` : '\r';
  };
  const draw = (): void => {
    const start = toItsStart();
    // The cursor cannot move to lines that have scrolled off the top.
    shown = render()
      .split('\n')
      .slice(0, (stream.rows || 24) - 1);
    stream.write(`${start}${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
  };
  return {
    show: (next) => {
      if (!overwrites) return void stream.write(`${next()}\n\n`);
      render = next;
      if (shown.length === 0) stream.on('resize', draw);
      draw();
    },
    clear: () => {
      if (shown.length === 0) return;
      stream.off('resize', draw);
      stream.write(`${toItsStart()}\x1b[J`);
      shown = [];
    },
  };
}
