/**
 * Names a run: its time to the millisecond and a random part, so that names sort by time and no two runs share one.
 * @param now epoch ms.
 * @param random uniform in [0, 1).
 * @returns such as `20261122T101500Z-3e74f3`: after the second come three hexadecimal digits of milliseconds and three
 *   random ones.
 */
export function createRunId(now: number, random: () => number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const hex = (value: number) => value.toString(16).padStart(3, '0');
  return `${time}-${hex(Math.floor(now % 1_000))}${hex(Math.floor(random() * 0x1000))}`;
}

/** Whether this can be a run's name, which is then safe in a key. */
export function isRunId(value: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/.test(value);
}
