import { closestMatch } from 'leven';

/** Returns the known name of which `text` is probably a misspelling: at most two letters differ, or a third of a long name. */
export function closestName(text: string, names: readonly string[]): string | undefined {
  return closestMatch(text, names, { maxDistance: Math.max(2, Math.floor(text.length / 3)) });
}
