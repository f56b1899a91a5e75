/** The only secret among the settings: a test compares these with the table of settings. */
export const SECRET_VARIABLE = 'TMDB_API_KEY';
export const SECRET_FLAG = '--tmdb-api-key';

/** The values that must never be printed. */
export interface Secrets {
  /** From now on, `value` is left out of everything that is printed. */
  add(value: string | undefined): void;
  /** `text` without any secret. */
  redact(text: string): string;
}

/** Shorter values are no key, and redacting them would only garble other text. */
const SHORTEST_SECRET = 8;

/**
 * Makes the list of secrets. Whatever follows `api_key=` or `Bearer` is redacted too, known or not, so that not even a
 * library's stack trace shows a key.
 */
export function createSecrets(values: readonly (string | undefined)[] = []): Secrets {
  const known = new Set<string>();
  const add = (value: string | undefined): void => {
    const secret = value?.trim() ?? '';
    if (secret.length < SHORTEST_SECRET) return;
    known.add(secret).add(encodeURIComponent(secret));
  };
  for (const value of values) add(value);
  return {
    add,
    redact: (text) => {
      let redacted = text
        .replace(/(api_key=)[^&\s"'<>`)]+/gi, '$1[secret]')
        .replace(/(Bearer\s+)[\w.~+/=-]{8,}/g, '$1[secret]');
      for (const secret of known) redacted = redacted.replaceAll(secret, '[secret]');
      return redacted;
    },
  };
}
