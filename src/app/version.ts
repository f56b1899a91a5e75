import { readFileSync } from 'node:fs';
import { isRecord } from '../json.ts';

/** Returns the version in package.json. */
export function readVersion(): string {
  return String(readManifest().version ?? 'unknown');
}

/** Returns the URL for bug reports. */
export function readBugsUrl(): string {
  const { bugs } = readManifest();
  return isRecord(bugs) ? String(bugs.url) : 'unknown';
}

/** The `User-Agent` of requests to TMDB and IMDb: the program's real name, as TMDB's terms require. */
export function userAgent(): string {
  return `tmdb-distributed-downloader/${readVersion()}`;
}

/** Reads package.json, which is two folders above this file in both `src` and `dist`. */
function readManifest(): Record<string, unknown> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isRecord(manifest) ? manifest : {};
}
