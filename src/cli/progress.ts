import type { Clock } from '../clock.ts';
import { formatDuration } from './format.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** Shows how far a long piece of work is. */
interface Progress {
  /** Tells the latest state: cheap, as often as one likes. */
  update(state: ProgressState): void;
  /** Ends the showing: on a terminal the line goes, so that results or errors have clean ground. */
  stop(): void;
}

const REDRAW_MS = 100;
const LOG_MS = 5_000;
/** Rate and time left look back this far. */
const WINDOW_MS = 30_000;

/**
 * Starts to show progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing with
 * `--quiet`. What `output` says meanwhile goes above the bar. Call `stop` in any case.
 * @param unit what is counted, for people: `titles`.
 */
export function createProgress(
  { io, output, clock }: { io: Io; output: Output; clock: Clock },
  unit: string,
): Progress {
  if (output.quiet) return { update: () => {}, stop: () => {} };
  const { stderr, env } = io;
  const isTerminal = stderr.isTTY === true && env.TERM !== 'dumb';
  const stopped = new AbortController();
  let state: ProgressState | undefined;
  let samples: readonly { readonly at: number; readonly done: number }[] = [];
  let shown = '';

  const show = (): void => {
    if (state === undefined) return;
    const view = { ...state, unit, perSecond: rateOf(samples) };
    const line = isTerminal ? progressLine(view, stderr.columns || 80) : progressLogLine(view);
    if (line === shown) return;
    shown = line;
    if (isTerminal) stderr.write(`\r${line}\x1b[K`);
    else output.info(line);
  };
  const clear = (): void => {
    if (shown !== '') stderr.write('\r\x1b[K');
    shown = '';
  };
  const showNowAndThen = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(isTerminal ? REDRAW_MS : LOG_MS, stopped.signal);
      show();
    }
  };

  if (isTerminal) output.setLiveLine({ clear, draw: show });
  showNowAndThen().catch((error: unknown) => {
    // Its sleep ends with the signal's reason; a stream that is gone is told by the stream itself.
    if (!stopped.signal.aborted) throw error;
  });
  return {
    update: (next) => {
      state = next;
      const at = clock.now();
      const last = samples.at(-1);
      // One sample a second is enough to go by.
      if (last === undefined || at - last.at >= 1_000) {
        samples = [...samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, done: next.done }];
      }
    },
    stop: () => {
      if (stopped.signal.aborted) return;
      stopped.abort();
      if (isTerminal) {
        clear();
        output.setLiveLine(undefined);
      } else {
        show();
      }
    },
  };
}

function rateOf(samples: readonly { readonly at: number; readonly done: number }[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return undefined;
  return (last.done - first.done) / ((last.at - first.at) / 1_000);
}

/** How far a piece of work is. */
interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** What else to tell, the most important first: `12 found`, `3 failed`. */
  readonly fields: readonly string[];
}

/** A state and what its history tells. */
interface ProgressView extends ProgressState {
  /** What is counted: `titles`. */
  readonly unit: string;
  /** Done per second of late, or `undefined` before there is anything to go by. */
  readonly perSecond: number | undefined;
}

const MAX_BAR = 30;
const MIN_BAR = 10;

/**
 * The line that a terminal of `width` columns shows: never as wide as the terminal, so that it cannot wrap.
 * Where room is short, the bar shrinks, then the least important is left out.
 */
export function progressLine(view: ProgressView, width: number): string {
  const room = width - 1;
  const percent = `${Math.floor(fraction(view) * 100)} %`.padStart(5);
  let text = `${percent}  ${view.done}/${view.total} ${view.unit}`;
  const barRoom = room >= text.length + MIN_BAR + 1 ? MIN_BAR + 1 : 0;
  for (const part of parts(view)) {
    if (barRoom + text.length + 2 + part.length > room) break;
    text += `  ${part}`;
  }
  if (barRoom === 0) return text.trimStart().slice(0, Math.max(room, 0));
  const barLength = Math.min(MAX_BAR, room - text.length - 1);
  const full = Math.round(fraction(view) * barLength);
  return `${'█'.repeat(full)}${'░'.repeat(barLength - full)} ${text}`;
}

/** The line that a log shows. */
export function progressLogLine(view: ProgressView): string {
  const { done, total, unit } = view;
  return [`${done}/${total} ${unit} (${Math.floor(fraction(view) * 100)} %)`, ...parts(view)].join(', ');
}

function parts({ done, total, perSecond, fields }: ProgressView): string[] {
  const isMoving = perSecond !== undefined && perSecond > 0;
  const left = isMoving && done < total ? [`${formatDuration((total - done) / perSecond)} left`] : [];
  const rate = isMoving ? [`${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`] : [];
  return [...left, ...fields, ...rate];
}

function fraction({ done, total }: ProgressState): number {
  return total > 0 ? Math.min(1, done / total) : 1;
}
