/**
 * Creates the ID of a run from its start time and a random part, so that IDs sort by time and are unique.
 * @param now milliseconds since the Unix epoch.
 * @param random uniform in [0, 1).
 * @returns such as `20261122T101500Z-3e74f3`: the time to the second, then three hexadecimal digits of milliseconds and
 *   three random ones.
 */
export function createRunId(now: number, random: () => number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const hex = (value: number) => value.toString(16).padStart(3, '0');
  return `${time}-${hex(Math.floor(now % 1_000))}${hex(Math.floor(random() * 0x1000))}`;
}

/** Whether `value` has the form of a run ID. Such an ID is safe in a key. */
export function isRunId(value: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/.test(value);
}
