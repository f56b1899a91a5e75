import { got, HTTPError, RequestError, type Response } from 'got';
import { ConnectionError, findConnectionError, reasonOf } from '../connection-error.ts';
import { explainTooManyFiles, UsageError } from '../errors.ts';
import type { Network } from '../network.ts';
import { proxyRefused } from '../proxy.ts';
import type { Trace } from '../trace.ts';
import type { OnWait } from '../wait.ts';
import { SnapshotError } from './snapshot-error.ts';

/** How to download IMDb's list. */
export interface SnapshotDownloadOptions {
  /** The base URL of IMDb's files: `https://datasets.imdbws.com`. */
  readonly datasetsUrl: string;
  /** The `User-Agent` header, such as `tdd/1.0.0 (+https://…)`. */
  readonly userAgent: string;
  /** The connections; by default direct ones. */
  readonly network?: Network | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Observes each request. */
  readonly trace?: Trace | undefined;
  /** Called when a download has failed and will be retried. */
  readonly onWait?: OnWait | undefined;
}

/** A response whose body has not been read yet. */
interface SnapshotDownload {
  /** The URL, without credentials. */
  readonly url: string;
  /** The `Content-Length`, if the response has one. */
  readonly sizeBytes: number | undefined;
  /** The gzipped bytes. Throws a {@link SnapshotError} if the connection breaks. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** The name of IMDb's list of titles: https://developer.imdb.com/non-commercial-datasets/ */
const FILE = 'title.basics.tsv.gz';
const TIMEOUT_MS = {
  lookup: 10_000,
  connect: 10_000,
  secureConnect: 10_000,
  response: 30_000,
  // Also runs while the lake is slow and nothing is read: longer than the retries of S3.
  socket: 180_000,
};

/**
 * Requests today's list from IMDb. It does not retry, because the bytes of two attempts must not be mixed; the caller
 * retries from the start.
 * @throws {SnapshotError} when the response is not a 200, or there is none.
 * @throws {ConnectionError} when the proxy or a certificate must be corrected first.
 * @throws {UsageError} when `datasetsUrl` is not an http or https URL.
 */
export async function downloadSnapshot(options: SnapshotDownloadOptions): Promise<SnapshotDownload> {
  const url = fileUrl(options.datasetsUrl);
  const shown = `${url.origin}${url.pathname}`;
  const { network, signal, userAgent, trace } = options;
  const route = await network?.(url);
  const ended = trace?.request(`IMDb GET ${url.pathname}`);
  const stream = got.stream(url, {
    headers: { 'user-agent': userAgent, 'accept-encoding': 'identity' },
    decompress: false,
    retry: { limit: 0 },
    timeout: TIMEOUT_MS,
    ...(route && { agent: route.agents }),
    ...(signal && { signal }),
  });
  const explain = (error: unknown): unknown => {
    signal?.throwIfAborted();
    const status = error instanceof HTTPError ? error.response.statusCode : undefined;
    const failure =
      route?.proxy && status === 407
        ? proxyRefused(route.proxy, status, url.host)
        : findConnectionError(error, url.host);
    if (failure?.isTransient === false) return failure;
    return explainTooManyFiles(error) ?? explainDownload(failure ?? error, shown);
  };
  let received = 0;
  const response = await new Promise<Response>((resolve, reject) => {
    stream.once('response', resolve);
    stream.on('error', reject);
  }).catch((error: unknown) => {
    ended?.(error instanceof HTTPError ? String(error.response.statusCode) : 'failed');
    throw explain(error);
  });
  ended?.(String(response.statusCode));
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  const sizeBytes = Number.isSafeInteger(announced) ? announced : undefined;
  async function* read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        received += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw explain(error);
    }
    if (sizeBytes !== undefined && received !== sizeBytes) {
      throw explain(new Error(`received ${received} of ${sizeBytes} bytes`));
    }
  }
  return { url: shown, sizeBytes, bytes: read() };
}

function fileUrl(datasetsUrl: string): URL {
  if (!URL.canParse(datasetsUrl) || !/^https?:/.test(datasetsUrl)) {
    // A URL with "@" may contain a password.
    const got = datasetsUrl.includes('@') ? '' : ` (got ${JSON.stringify(datasetsUrl)})`;
    throw new UsageError(
      `IMDB_DATASETS_URL must be an http or https URL such as https://datasets.imdbws.com${got}.`,
    );
  }
  return new URL(FILE, datasetsUrl.endsWith('/') ? datasetsUrl : `${datasetsUrl}/`);
}

/** Errors of got for a redirect that cannot be followed, which a proxy may have sent. */
const BAD_REDIRECTS = ['ERR_TOO_MANY_REDIRECTS', 'ERR_UNSUPPORTED_PROTOCOL', 'ERR_INVALID_URL'];

function explainDownload(error: unknown, url: string): SnapshotError {
  const status = error instanceof HTTPError ? error.response.statusCode : undefined;
  const what =
    error instanceof ConnectionError
      ? error.problem
      : status === undefined
        ? reasonOf(error)
        : `HTTP ${status}`;
  const isTransient =
    status === undefined
      ? !(error instanceof RequestError && BAD_REDIRECTS.includes(error.code))
      : status === 408 || status === 429 || status >= 500;
  const advice = !isTransient
    ? 'try again later, or check IMDB_DATASETS_URL'
    : status === undefined
      ? 'check the network connection, or try again later'
      : 'try again later';
  return new SnapshotError(`cannot be downloaded (${what})`, {
    subject: `IMDb's list at ${url}`,
    advice,
    fault: isTransient ? 'transient' : 'malformed',
    cause: error,
  });
}
