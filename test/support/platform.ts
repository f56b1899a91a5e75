import { sep } from 'node:path';

export const isWindows = process.platform === 'win32';

/** Why tests of file permissions cannot run; `undefined` when they run. */
export const noModesReason = isWindows
  ? 'Windows has no file modes'
  : process.getuid?.() === 0
    ? 'root may read and write everything'
    : undefined;

/** A relative path with `/`, as imports and the documentation write it. */
export function withSlashes(path: string): string {
  return path.replaceAll(sep, '/');
}
