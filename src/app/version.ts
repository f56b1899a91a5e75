import { readFileSync } from 'node:fs';

/** The version in package.json, which is two folders above this file in `src` as in `dist`. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return manifest !== null && typeof manifest === 'object' && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Who asks, for TMDB and IMDb: an honest name, as TMDB's terms want it. */
export function userAgent(): string {
  return `tmdb-distributed-downloader/${readVersion()}`;
}
