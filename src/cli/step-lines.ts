import type { Clock } from '../clock.ts';
import { toOneLine } from '../text.ts';
import { formatDuration } from './format.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import { cutTo } from './terminal-text.ts';

/** Shows the steps of a command, one line each. */
interface StepLines {
  start(text: string): void;
  /** Adds what the current step waits for; without a terminal in a line of its own. */
  note(text: string): void;
  done(): void;
  /** Stops showing steps: one that is still in progress has failed. */
  stop(): void;
}

/**
 * Shows steps on stderr: on a terminal the current one is a live line until it is done; elsewhere a step gets its line
 * when it is done. Nothing with `--quiet`.
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
  const isTerminal = stderr.isTTY === true && env.TERM !== 'dumb' && !output.quiet;
  let current: { readonly text: string; readonly startedAt: number } | undefined;
  let remark = '';

  const clear = () => void stderr.write('\r\x1b[K');
  const draw = () => {
    if (current) stderr.write(cutTo(`… ${current.text}${remark}`, (stderr.columns || 80) - 1));
  };
  const close = () => {
    if (current && isTerminal) clear();
    output.setLiveLine(undefined);
    current = undefined;
    remark = '';
  };
  return {
    start: (text) => {
      current = { text: toOneLine(text), startedAt: clock.now() };
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
      const seconds = (clock.now() - finished.startedAt) / 1_000;
      const took = seconds < 2 ? '' : output.style.dim(` ${formatDuration(seconds)}`);
      output.info(`${output.style.green('✔')} ${finished.text}${took}`);
    },
    stop: () => {
      const failed = current;
      close();
      if (failed) output.info(`${output.style.red('✖')} ${failed.text}`);
    },
  };
}
