import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';

/** A response; its status is 0 when the connection broke before the response. */
export interface Asked {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The error code, when there was no complete response. */
  readonly error?: string;
}

/** GETs a URL over a new connection. @returns everything that a client can observe. */
export async function ask(
  url: string,
  options: { headers?: Record<string, string>; agent?: Agent; signal?: AbortSignal } = {},
): Promise<Asked> {
  const request = get(url, { agent: new Agent(), ...options });
  request.on('error', () => undefined); // Since Node 24, an interrupted response is reported here a second time.
  let body = '';
  let response: IncomingMessage | undefined;
  try {
    [response] = (await once(request, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  } catch (error) {
    const { code = 'none' } = error as { code?: string };
    return { status: response?.statusCode ?? 0, headers: response?.headers ?? {}, body, error: code };
  }
}
