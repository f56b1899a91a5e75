import type { Settings } from '../config/settings.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';

/** Those of the settings that say how a movie is asked for: what manifests and launches keep, no secret among them. */
export function lookupSettings({ lookup, language, reviewLanguage, append }: Settings): LookupSettings {
  return { lookup, language, reviewLanguage, append };
}
