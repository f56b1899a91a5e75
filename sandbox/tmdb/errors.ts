import type { ServerResponse } from 'node:http';

/** An HTTP response. */
export interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  /** Default: `application/json;charset=utf-8`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * TMDB's errors by code: HTTP status and message.
 * Source: https://developer.themoviedb.org/docs/errors and docs/tmdb.md, Errors.
 */
const ERRORS = {
  5: [422, 'Invalid parameters: Your request parameters are incorrect.'],
  6: [404, 'Invalid id: The pre-requisite id is invalid or not found.'],
  7: [401, 'Invalid API key: You must be granted a valid key.'],
  9: [503, 'Service offline: This service is temporarily offline, try again later.'],
  10: [401, 'Suspended API key: Access to your account has been suspended, contact TMDB.'],
  11: [500, 'Internal error: Something went wrong, contact TMDB.'],
  15: [500, 'Failed.'],
  22: [400, 'Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.'],
  24: [504, 'Your request to the backend server timed out. Try again.'],
  25: [429, 'Your request count (#) is over the allowed limit of (40).'],
  27: [400, 'Too many append to response objects: The maximum number of remote calls is 20.'],
  34: [404, 'The resource you requested could not be found.'],
  42: [405, 'This request method is not supported for this resource.'],
  43: [502, "Couldn't connect to the backend server."],
  44: [500, 'The ID is invalid.'],
  45: [403, 'This user has been suspended.'],
  46: [503, 'The API is undergoing maintenance. Try again later.'],
} as const satisfies Readonly<Record<number, readonly [number, string]>>;

/** The TMDB error codes that the stand-in returns. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * Creates TMDB's response for an error code. `success: false` is sometimes absent, and sometimes accompanied by
 * `failure: true` (recorded); `quirk` cycles through the three forms.
 */
export function errorAnswer(code: ErrorCode, quirk = 0): Answer {
  const [status, status_message] = ERRORS[code];
  const told = { status_code: code, status_message };
  const bodies = [{ success: false, ...told }, told, { success: false, failure: true, ...told }];
  return { status, body: JSON.stringify(bodies[quirk % bodies.length]) };
}

/** Creates an error in the other format, without a code (recorded for searches; not confirmed for `/find`). */
export function validationAnswer(message: string): Answer {
  return { status: 422, body: JSON.stringify({ errors: [message] }) };
}

/** Creates a web page as from a proxy in front of TMDB. */
export function htmlAnswer(status: number): Answer {
  const body = `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, contentType: 'text/html' };
}

/** Sends a complete response with its length. */
export function sendAnswer(response: ServerResponse, { status, body, contentType, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
