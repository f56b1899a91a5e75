/** How far a piece of work is. */
export interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** What else to tell, the most important first: `12 found`, `3 failed`. */
  readonly fields: readonly string[];
}

/** A state and what its history tells. */
export interface ProgressView extends ProgressState {
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

/** Seconds for people: `8 s`, `2 min 13 s`, `1 h 02 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours === 0) return `${minutes} min ${two(whole % 60)} s`;
  return `${hours} h ${two(minutes)} min`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
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
