import { readFileSync } from 'node:fs';
import { isRecord } from '../json.ts';

/** The version in package.json. */
export function readVersion(): string {
  return String(readManifest().version ?? 'unknown');
}

/** Where users report bugs. */
export function readBugsUrl(): string {
  const { bugs } = readManifest();
  return isRecord(bugs) ? String(bugs.url) : 'unknown';
}

/** The `User-Agent` that TMDB and IMDb get: the program's real name, as TMDB's terms require. */
export function userAgent(): string {
  return `tmdb-distributed-downloader/${readVersion()}`;
}

/** package.json, which is two folders above this file in `src` as in `dist`. */
function readManifest(): Record<string, unknown> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isRecord(manifest) ? manifest : {};
}
