import { posix } from 'node:path';

/** What a request asks for. */
export interface RequestUrl {
  /** Percent-decoded, `..` resolved. */
  readonly path: string;
  /** Without the key. */
  readonly query: URLSearchParams;
  /** The v3 key, when there is one. */
  readonly apiKey: string | null;
}

/** Path segments are percent-decoded and `..` resolved at TMDB's edge (seen). The key is taken out of the query. */
export function readRequestUrl(url: string): RequestUrl {
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const apiKey = query.get('api_key');
  query.delete('api_key');
  return { path: posix.normalize(decode(mark < 0 ? url : url.slice(0, mark))), query, apiKey };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
