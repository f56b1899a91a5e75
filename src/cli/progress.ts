import type { Clock } from '../clock.ts';
import { formatCount } from '../text.ts';
import { formatDuration, formatPercent } from './format.ts';
import { canDraw, type Io } from './io.ts';
import type { Output } from './output.ts';
import { cutTo, LIVE_MARGIN } from './terminal-text.ts';

/** Shows the progress of a long operation. */
interface Progress {
  /** Sets the latest state. It is cheap, so it can be called often. */
  update(state: ProgressState): void;
  /** Stops showing progress; on a terminal it erases the line. */
  stop(): void;
}

const REDRAW_MS = 100;
const LOG_MS = 5_000;
/** The period from which the rate and the time left are derived. */
const WINDOW_MS = 30_000;
/** A rate over a shorter period says little about the time left. */
const LEAST_WINDOW_MS = 5_000;

/**
 * Starts to show progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing with
 * `--quiet`. Other output appears above the bar. The caller must call `stop`.
 * @param unit the unit in the plural, such as `titles`.
 * @param options.waiting shown with the elapsed time until the first update, for example `Waiting for a worker`.
 */
export function createProgress(
  { io, output, clock }: { io: Io; output: Output; clock: Clock },
  unit: string,
  { waiting }: { readonly waiting?: string } = {},
): Progress {
  if (output.quiet) return { update: () => {}, stop: () => {} };
  const { stderr, env } = io;
  const isTerminal = canDraw(stderr, env);
  const stopped = new AbortController();
  let state: ProgressState | undefined;
  let samples: readonly Sample[] = [];
  let shown = '';
  const startedAt = clock.monotonic();

  const render = (): string => {
    if (state === undefined) {
      if (waiting === undefined) return '';
      const line = `${waiting} … ${formatDuration((clock.monotonic() - startedAt) / 1_000)}`;
      return isTerminal ? cutTo(line, (stderr.columns || 80) - LIVE_MARGIN) : line;
    }
    const rates = { perSecond: rateOf(samples, 'done'), requestsPerSecond: rateOf(samples, 'requests') };
    const view = { ...state, unit, ...rates };
    return isTerminal ? progressLine(view, stderr.columns || 80) : progressLogLine(view);
  };
  const show = (): void => {
    const line = render();
    if (line === '' || line === shown) return;
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

  if (isTerminal) {
    output.setLiveLine({ clear, draw: show });
    show();
  }
  showNowAndThen().catch((error: unknown) => {
    // `stop` aborts the sleep; a closed stderr has its own listener.
    if (!stopped.signal.aborted) throw error;
  });
  return {
    update: (next) => {
      state = next;
      const at = clock.monotonic();
      const last = samples.at(-1);
      // One sample per second is enough for a rate.
      if (last === undefined || at - last.at >= 1_000) {
        const { done, requests } = next;
        samples = [...samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, done, requests }];
      }
    },
    stop: () => {
      if (stopped.signal.aborted) return;
      stopped.abort();
      if (isTerminal) {
        clear();
        output.setLiveLine(undefined);
      } else if (state !== undefined) {
        show();
      }
    },
  };
}

/** What had been done at a time. */
interface Sample extends Pick<ProgressState, 'done' | 'requests'> {
  readonly at: number;
}

function rateOf(samples: readonly Sample[], what: 'done' | 'requests'): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < LEAST_WINDOW_MS) return undefined;
  const [before, now] = [first[what], last[what]];
  if (before === undefined || now === undefined) return undefined;
  return (now - before) / ((last.at - first.at) / 1_000);
}

/** The progress of an operation. */
interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** The number of requests sent: if it is given, their rate is shown, and not that of what is done. */
  readonly requests?: number | undefined;
  /** Details such as `12 found` or `3 failed`, most important first. */
  readonly fields: readonly string[];
}

/** A state, with the rate derived from its history. */
interface ProgressView extends ProgressState {
  /** The unit in the plural, such as `titles`. */
  readonly unit: string;
  /** The rate over the last half minute; `undefined` while it is unknown. */
  readonly perSecond: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

const MAX_BAR = 30;
const MIN_BAR = 10;

/**
 * Formats the line for a terminal of `width` columns. It always leaves a margin, so that it cannot wrap.
 * On a narrow terminal the bar shrinks first, then the least important fields are left out.
 */
export function progressLine(view: ProgressView, width: number): string {
  const available = width - LIVE_MARGIN;
  const percent = formatPercent(...shareOf(view)).padStart(5);
  let text = `${percent}  ${countOf(view)}`;
  const leastBar = available >= text.length + MIN_BAR + 1 ? MIN_BAR + 1 : 0;
  for (const part of parts(view)) {
    if (leastBar + text.length + 2 + part.length > available) break;
    text += `  ${part}`;
  }
  if (leastBar === 0) return text.trimStart().slice(0, Math.max(available, 0));
  const barLength = Math.min(MAX_BAR, available - text.length - 1);
  const [done, total] = shareOf(view);
  const full = total > 0 ? Math.round((done / total) * barLength) : barLength;
  return `${'█'.repeat(full)}${'░'.repeat(barLength - full)} ${text}`;
}

/** Formats the line for a log. */
export function progressLogLine(view: ProgressView): string {
  return [`${countOf(view)} (${formatPercent(...shareOf(view))})`, ...parts(view)].join(', ');
}

function countOf({ done, total, unit }: ProgressView): string {
  return `${formatCount(done)} of ${formatCount(total)} ${total === 1 ? unit.replace(/s$/, '') : unit}`;
}

function parts({ done, total, perSecond, requests, requestsPerSecond, fields }: ProgressView): string[] {
  const isMoving = perSecond !== undefined && perSecond > 0;
  const left = isMoving && done < total ? [`${formatDuration((total - done) / perSecond)} left`] : [];
  if (requests !== undefined) {
    const rate = requestsPerSecond === undefined ? [] : [`${formatRate(requestsPerSecond)} requests/s`];
    return [...left, ...rate, ...fields];
  }
  return [...left, ...fields, ...(isMoving ? [`${formatRate(perSecond)}/s`] : [])];
}

function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

function shareOf({ done, total }: ProgressState): [done: number, total: number] {
  return [Math.min(done, total), total];
}
