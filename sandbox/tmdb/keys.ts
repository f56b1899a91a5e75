import { type Answer, type ErrorCode, errorAnswer } from './errors.ts';

/** A v3 key that is invalid at TMDB: 32 hexadecimal digits. */
export const SANDBOX_API_KEY = '5a4db0c5a4db0c5a4db0c5a4db0c5a4d';
/** A v4 read token that is invalid at TMDB. It only looks like a JWT. */
export const SANDBOX_READ_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzYW5kYm94In0.c2FuZGJveA';

/** How the stand-in rejects all keys; `true` is the usual 401 with code 7. */
export type Revocation = boolean | 'suspended' | 'forbidden';

/**
 * Checks a request's key. A v3 key is valid only in the query, a v4 token (`eyJ…`) only as Bearer: a v3 key sent
 * as Bearer is a 401 (docs/tmdb.md, Keys).
 * @returns the error, or `undefined` for a valid key.
 */
export function refuseKey(
  { apiKey, authorization }: { readonly apiKey: string | null; readonly authorization: string | undefined },
  keys: readonly string[],
  revoked: Revocation,
): Answer | undefined {
  if (revoked !== false) return errorAnswer(REVOKED[String(revoked)] ?? 7);
  const bearer = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  const key = bearer ?? apiKey;
  const known = key !== null && keys.includes(key) && key.startsWith('eyJ') === (bearer !== undefined);
  return known ? undefined : errorAnswer(7);
}

const REVOKED: Readonly<Record<string, ErrorCode>> = { suspended: 10, forbidden: 45 };
