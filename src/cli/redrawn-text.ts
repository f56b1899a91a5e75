import type { OutStream } from './io.ts';
import { widthOf } from './terminal-text.ts';

/** A text of several lines that each version replaces on a terminal; elsewhere versions follow one another. */
interface RedrawnText {
  /** Shows what `render` returns, without a line end; called again when the terminal's size changes. */
  show(render: () => string): void;
  /** Erases the last version: the next output takes its place. Stops reacting to a new size. */
  clear(): void;
}

/**
 * Each version is one write that overwrites line by line, so that nothing flickers, and erases only what was left of the
 * version before: the lines above it stay.
 */
export function createRedrawnText(stream: OutStream): RedrawnText {
  const isTerminal = stream.isTTY === true;
  let shown: readonly string[] = [];
  let render = (): string => '';

  /** To the first line of the last version, which the terminal may have wrapped anew for its present width. */
  const toItsStart = (): string => {
    const columns = stream.columns || 80;
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return rows > 0 ? `\x1b[${rows}A\r` : '\r';
  };
  const draw = (): void => {
    const start = toItsStart();
    // A terminal cannot go back to lines that have left it at the top.
    shown = render()
      .split('\n')
      .slice(0, (stream.rows || 24) - 1);
    stream.write(`${start}${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
  };
  return {
    show: (next) => {
      if (!isTerminal) return void stream.write(`${next()}\n\n`);
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
