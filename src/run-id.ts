/**
 * Names a run: when it began and a little chance, so that names sort by time and never meet.
 * @param now epoch ms.
 * @param random uniform in [0, 1).
 * @returns such as `20261122T101500Z-4f3a2b`.
 */
export function createRunId(now: number, random: () => number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const chance = Math.floor(random() * 0x1000000);
  return `${time}-${chance.toString(16).padStart(6, '0')}`;
}

/** Is this a run's name? It is safe in a key. */
export function isRunId(value: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/.test(value);
}
