import type { Clock } from '../clock.ts';
import { LONG_WAIT_MS, type OnWait } from '../wait.ts';
import { formatDuration } from './format.ts';

/** Creates a callback that writes one line per wait, with its end. */
export function createWaitLines({ clock, write }: { clock: Clock; write: (line: string) => void }): OnWait {
  const shownUntil = new Map<string, number>();
  return ({ reason, next, untilMs }) => {
    const wait = `${reason}: ${next}`;
    const before = shownUntil.get(wait);
    // Many requests report the same wait.
    if (before !== undefined && untilMs < before + LONG_WAIT_MS) return;
    shownUntil.set(wait, untilMs);
    write(`${wait}${formatEnd(untilMs, clock.now())} …`);
  };
}

/** Formats the end: ` in 10 s`, ` at 14:05:10 (in 9 min 58 s)` in local time, or nothing for less than a second. */
function formatEnd(untilMs: number, now: number): string {
  const seconds = Math.round((untilMs - now) / 1_000);
  if (seconds < 1) return '';
  const duration = `in ${formatDuration(seconds)}`;
  return seconds < 60 ? ` ${duration}` : ` at ${localTime(untilMs)} (${duration})`;
}

function localTime(epochMs: number): string {
  return new Date(epochMs).toLocaleTimeString('en-GB');
}
