/** The only secret setting; a test compares these names with the table of settings. */
export const SECRET_VARIABLE = 'TMDB_API_KEY';
export const SECRET_FLAG = '--tmdb-api-key';

/** The values that must never be printed. */
export interface Secrets {
  /** Redacts `value` from everything that is printed from now on. */
  add(value: string | undefined): void;
  /** Returns `text` with all secrets redacted. */
  redact(text: string): string;
}

/** Shorter values are not keys, and redacting them would garble other text. */
const SHORTEST_SECRET = 8;

/**
 * Creates the list of secrets. It also redacts everything after `api_key=` or `Bearer`, so that the stack trace of a
 * library cannot show an unknown key.
 */
export function createSecrets(values: readonly (string | undefined)[] = []): Secrets {
  const known = new Set<string>();
  const add = (value: string | undefined): void => {
    const secret = value?.trim() ?? '';
    if (secret.length < SHORTEST_SECRET) return;
    known.add(secret).add(encodeURIComponent(secret)).add(JSON.stringify(secret).slice(1, -1));
  };
  for (const value of values) add(value);
  return {
    add,
    redact: (text) => {
      let redacted = text
        .replace(/(api_key=)[^&\s"'<>`)]+/gi, '$1[secret]')
        .replace(/(Bearer\s+)[\w.~+/=-]{8,}/g, '$1[secret]');
      for (const secret of known) redacted = redactShortened(redacted.replaceAll(secret, '[secret]'), secret);
      return redacted;
    },
  };
}

/** Redacts the beginning of a secret before an ellipsis: messages shorten long values. */
function redactShortened(text: string, secret: string): string {
  const [first = '', ...others] = text.split('…');
  const redactEnd = (part: string): string => {
    for (let length = Math.min(secret.length, part.length); length >= SHORTEST_SECRET; length -= 1) {
      if (part.endsWith(secret.slice(0, length))) return `${part.slice(0, -length)}[secret]`;
    }
    return part;
  };
  return others.reduce((redacted, part) => `${redactEnd(redacted)}…${part}`, first);
}
