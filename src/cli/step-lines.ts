import type { Clock } from '../clock.ts';
import { toOneLine } from '../text.ts';
import { formatDuration } from './format.ts';
import { canDraw, type Io } from './io.ts';
import type { Output } from './output.ts';
import { cutTo, LIVE_MARGIN } from './terminal-text.ts';

/** Shows the steps of a command, one line each. */
interface StepLines {
  start(text: string): void;
  /** Shows what the current step is waiting for; without a terminal, on a line of its own. */
  note(text: string): void;
  done(): void;
  /** Stops showing steps and marks a step that is still in progress as failed. */
  stop(): void;
}

/**
 * Shows steps on stderr. On a terminal the current step is a live line until it is done; elsewhere each step is printed
 * when it is done. With `--quiet` it prints nothing.
 */
export function createStepLines({
  io,
  clock,
  output,
}: {
  readonly io: Io;
  readonly clock: Clock;
  readonly output: Output;
}): StepLines {
  const { stderr, env } = io;
  const isTerminal = canDraw(stderr, env) && !output.quiet;
  let current: { readonly text: string; readonly startedAt: number } | undefined;
  let remark = '';

  const clear = () => void stderr.write('\r\x1b[K');
  const draw = () => {
    if (current) stderr.write(cutTo(`… ${current.text}${remark}`, (stderr.columns || 80) - LIVE_MARGIN));
  };
  const close = () => {
    if (current && isTerminal) clear();
    output.setLiveLine(undefined);
    current = undefined;
    remark = '';
  };
  return {
    start: (text) => {
      current = { text: toOneLine(text), startedAt: clock.monotonic() };
      if (!isTerminal) return;
      output.setLiveLine({ clear, draw });
      draw();
    },
    note: (text) => {
      remark = ` (${text})`;
      if (!isTerminal) return output.info(`… ${current?.text ?? ''}${remark}`);
      clear();
      draw();
    },
    done: () => {
      const finished = current;
      close();
      if (!finished) return;
      const seconds = (clock.monotonic() - finished.startedAt) / 1_000;
      const took = seconds < 2 ? '' : output.style.dim(` (${formatDuration(seconds)})`);
      output.info(`${output.style.green('✔')} ${finished.text}${took}`);
    },
    stop: () => {
      const failed = current;
      close();
      if (failed) output.info(`${output.style.red('✖')} ${failed.text}`);
    },
  };
}
