import { got, HTTPError, type Response } from 'got';
import { UsageError } from '../errors.ts';
import { SnapshotError } from './snapshot-error.ts';

/** Where and how IMDb's file is downloaded. */
export interface SnapshotDownloadOptions {
  /** Where IMDb's files are: `https://datasets.imdbws.com`. */
  readonly datasetsUrl: string;
  /** The `User-Agent`, such as `tdd/1.0.0 (+https://…)`. */
  readonly userAgent: string;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read yet. */
interface SnapshotDownload {
  /** The address, without any password. */
  readonly url: string;
  /** From `Content-Length`. */
  readonly sizeBytes: number | undefined;
  /** The gzipped bytes. Throws a {@link SnapshotError} when the connection breaks. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** Where today's titles are. https://developer.imdb.com/non-commercial-datasets/ */
const FILE = 'title.basics.tsv.gz';
const TIMEOUT_MS = {
  lookup: 10_000,
  connect: 10_000,
  secureConnect: 10_000,
  response: 30_000,
  socket: 60_000,
};

/**
 * Requests today's file from IMDb, once: no retry here, since a second body must not follow half of a first.
 * @throws {SnapshotError} for any answer but 200, or none.
 */
export async function downloadSnapshot(options: SnapshotDownloadOptions): Promise<SnapshotDownload> {
  const url = fileUrl(options.datasetsUrl);
  const shown = `${url.origin}${url.pathname}`;
  const { signal, userAgent } = options;
  const stream = got.stream(url, {
    headers: { 'user-agent': userAgent, 'accept-encoding': 'identity' },
    decompress: false,
    retry: { limit: 0 },
    timeout: TIMEOUT_MS,
    ...(signal && { signal }),
  });
  const explain = (error: unknown): unknown => {
    signal?.throwIfAborted();
    return explainDownload(error, shown);
  };
  let received = 0;
  const response = await new Promise<Response>((resolve, reject) => {
    stream.once('response', resolve);
    stream.on('error', reject);
  }).catch((error: unknown) => {
    throw explain(error);
  });
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
      throw explain(new Error(`${received} of ${sizeBytes} bytes came`));
    }
  }
  return { url: shown, sizeBytes, bytes: read() };
}

function fileUrl(datasetsUrl: string): URL {
  if (!URL.canParse(datasetsUrl) || !/^https?:/.test(datasetsUrl)) {
    // It may hold a password.
    const shown = datasetsUrl.includes('@') ? 'The value' : JSON.stringify(datasetsUrl);
    throw new UsageError(
      `${shown} is no address of IMDb's files: set IMDB_DATASETS_URL to one such as https://datasets.imdbws.com.`,
    );
  }
  return new URL(FILE, datasetsUrl.endsWith('/') ? datasetsUrl : `${datasetsUrl}/`);
}

function explainDownload(error: unknown, url: string): SnapshotError {
  const subject = `at ${url}`;
  const advice = 'try again later, or look at IMDB_DATASETS_URL';
  if (error instanceof HTTPError) {
    const { statusCode } = error.response;
    const isTransient = statusCode === 429 || statusCode >= 500;
    return new SnapshotError(`cannot be downloaded (HTTP ${statusCode})`, {
      subject,
      advice,
      isTransient,
      cause: error,
    });
  }
  const what = error instanceof Error ? error.message : String(error);
  return new SnapshotError(`cannot be downloaded (${what})`, {
    subject,
    advice,
    isTransient: true,
    cause: error,
  });
}
