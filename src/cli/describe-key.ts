/**
 * A word on a key that looks unlike TMDB's: a v3 key has 32 hexadecimal digits, a v4 read access token is a
 * JWT, which begins with `eyJ`. Only TMDB knows whether a key is good, so this is no error.
 * @returns the word, without the key; `undefined` for a key that looks right.
 */
export function describeKey(apiKey: string): string | undefined {
  if (/^[0-9a-f]{32}$/i.test(apiKey) || /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(apiKey)) return undefined;
  const found = apiKey.startsWith('eyJ')
    ? 'It begins like a v4 token, which has three parts with dots between: some of it may be missing.'
    : `It has ${apiKey.length} characters.`;
  return `The key looks unlike a TMDB key: a v3 key has 32 hexadecimal digits, a v4 read access token begins with "eyJ". ${found}`;
}
