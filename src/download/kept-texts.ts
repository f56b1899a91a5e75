/**
 * The texts of the documents that a run has written, so that they need not be read back. Of a movie or review whose text is
 * not kept, the lake has the document.
 */
export interface KeptTexts {
  /** Keeps the text of a document that is in the lake now, in place of an earlier one, if there is space for it. */
  keep(key: string, text: string): void;
  get(key: string): string | undefined;
  /** Gives the space back: the texts are no longer needed. */
  clear(): void;
}

/** The space for the texts of all runs that overlap. */
export interface TextSpace {
  freeChars: number;
}

/** A character takes at most two bytes. */
export function createTextSpace(bytes: number): TextSpace {
  return { freeChars: Math.floor(bytes / 2) };
}

export function createKeptTexts(space: TextSpace): KeptTexts {
  const texts = new Map<string, string>();
  return {
    keep(key, text) {
      space.freeChars += texts.get(key)?.length ?? 0;
      texts.delete(key);
      if (text.length > space.freeChars) return;
      texts.set(key, text);
      space.freeChars -= text.length;
    },
    get: (key) => texts.get(key),
    clear() {
      for (const text of texts.values()) space.freeChars += text.length;
      texts.clear();
    },
  };
}
