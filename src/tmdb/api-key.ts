import type { HttpAnswer } from './http.ts';

/**
 * Creates the function that adds the credentials to requests: a v4 token belongs in the `Authorization` header and a v3 key
 * in the query. TMDB answers 401 to either in the other place.
 * @returns a function that adds a v3 key to the URL it is given, and returns the headers to send.
 */
export function createAuthorizer(apiKey: string): (url: URL) => Record<string, string> {
  return (url) => {
    if (apiKey.startsWith('eyJ')) return { authorization: `Bearer ${apiKey}` };
    url.searchParams.set('api_key', apiKey);
    return {};
  };
}

/** Removes the API key from an error response, which may echo the request and ends up in manifests and logs. */
export function redactKey(answer: HttpAnswer, apiKey: string): HttpAnswer {
  return answer.status === 200 ? answer : { ...answer, body: answer.body.replaceAll(apiKey, '[key]') };
}
