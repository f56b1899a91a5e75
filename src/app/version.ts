import { readFileSync } from 'node:fs';
import { isRecord } from '../json.ts';

/** The version in package.json, which is two folders above this file in `src` as in `dist`. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isRecord(manifest) ? String(manifest.version ?? 'unknown') : 'unknown';
}

/** The `User-Agent` that TMDB and IMDb get: the program's real name, as TMDB's terms require. */
export function userAgent(): string {
  return `tmdb-distributed-downloader/${readVersion()}`;
}
