import { join } from 'node:path';

/**
 * Returns this program's folder in the user's cache folder.
 * @param env as `process.env`.
 * @throws an error of the system when the user has no home.
 */
export async function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'tdd');
  const { default: envPaths } = await import('env-paths'); // Needed only without the variable.
  return envPaths('tdd', { suffix: '' }).cache;
}
