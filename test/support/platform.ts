import { realpathSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';

export const isWindows = process.platform === 'win32';

/** Why tests of file permissions cannot run; `undefined` when they run. */
export const noModesReason = isWindows
  ? 'Windows has no file modes'
  : process.getuid?.() === 0
    ? 'root may read and write everything'
    : undefined;

/** Whether users other than the owner may start a program or enter a folder, and each folder on its path. */
export function mayOthersUse(place: string): boolean {
  const path = realpathSync(place);
  const parent = dirname(path);
  return (statSync(path).mode & 0o001) !== 0 && (parent === path || mayOthersUse(parent));
}

/** A relative path with `/`, as imports and the documentation write it. */
export function withSlashes(path: string): string {
  return path.replaceAll(sep, '/');
}
