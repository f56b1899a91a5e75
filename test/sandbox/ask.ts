import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';

/** What came back: status 0 when the connection broke before the answer. */
export interface Asked {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The error's code, when the answer did not come or broke off. */
  readonly error?: string;
}

/** GETs a URL over a connection of its own and tells everything that can be seen of the answer. */
export async function ask(
  url: string,
  options: { headers?: Record<string, string>; agent?: Agent; signal?: AbortSignal } = {},
): Promise<Asked> {
  const request = get(url, { agent: new Agent(), ...options });
  request.on('error', () => undefined); // From Node 24 on, a break within the answer is told here a second time.
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
