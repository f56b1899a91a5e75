/**
 * The texts of the documents that a run has written, so that they need not be read back. Of a movie or review whose text is
 * not kept, the lake has the document.
 */
export interface KeptTexts {
  /** Keeps the text of a document that is in the lake now, in place of an earlier one, if there is space for it. */
  keep(key: string, text: string): void;
  get(key: string): string | undefined;
}

/** A character takes at most two bytes, so this is 32 MB: more than 3,000 movies. */
const MAX_CHARS = 16 * 1024 * 1024;

export function createKeptTexts(maxChars = MAX_CHARS): KeptTexts {
  const texts = new Map<string, string>();
  let chars = 0;
  return {
    keep(key, text) {
      chars -= texts.get(key)?.length ?? 0;
      texts.delete(key);
      if (chars + text.length > maxChars) return;
      texts.set(key, text);
      chars += text.length;
    },
    get: (key) => texts.get(key),
  };
}
