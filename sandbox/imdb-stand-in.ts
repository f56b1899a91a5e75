import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Catalogue } from './catalogue.ts';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';

export interface ImdbStandInOptions {
  /** A catalogue, or the bytes of a title.basics.tsv.gz. */
  readonly source: Catalogue | Buffer;
  readonly mode?: ImdbMode;
  /** When the list was last updated: the `Last-Modified` header. */
  readonly lastModified?: Date;
  readonly port?: number;
}

/** Requests since the start. */
interface ImdbStats {
  /** GETs of the list, with any response. */
  readonly downloads: number;
  readonly heads: number;
  /** Bytes sent in response bodies. */
  readonly bytes: number;
  readonly userAgents: readonly string[];
}

/** IMDb's datasets on loopback. */
export interface ImdbStandIn extends LoopbackServer {
  stats(): ImdbStats;
  setMode(mode: ImdbMode): void;
  /** Replaces the list, as on the next day. */
  setSource(source: Catalogue | Buffer, lastModified?: Date): void;
}

/**
 * Starts a stand-in for datasets.imdbws.com with one file, `/title.basics.tsv.gz`. It ignores `Range` headers.
 */
export async function startImdbStandIn(options: ImdbStandInOptions): Promise<ImdbStandIn> {
  let { mode = 'good', lastModified = new Date('2024-12-31T12:00:00Z') } = options;
  let file = bytesOf(options.source);
  let etag = etagOf(file);
  const seen = { downloads: 0, heads: 0, bytes: 0 };
  const userAgents = new Set<string>();

  const server = createServer((request, response) => {
    const head = request.method === 'HEAD';
    userAgents.add(request.headers['user-agent'] ?? '');
    if (request.url?.split('?')[0] !== '/title.basics.tsv.gz') {
      response.writeHead(404).end();
      return;
    }
    seen[head ? 'heads' : 'downloads'] += 1;
    const headers = {
      'accept-ranges': 'none',
      etag,
      'last-modified': lastModified.toUTCString(),
    };
    void sendTitleBasics(response, { file, mode, headers, head }).then((bytes) => {
      seen.bytes += bytes;
    });
  });
  return {
    ...(await listenOnLoopback(server, options.port)),
    stats: () => ({ ...seen, userAgents: [...userAgents] }),
    setMode: (next) => {
      mode = next;
    },
    setSource: (source, refreshedAt = lastModified) => {
      file = bytesOf(source);
      etag = etagOf(file);
      lastModified = refreshedAt;
    },
  };
}

function bytesOf(source: Catalogue | Buffer): Buffer {
  return Buffer.isBuffer(source) ? source : packTitleBasics(source);
}

function etagOf(file: Buffer): string {
  return `"${createHash('md5').update(file).digest('hex')}"`;
}

/**
 * The way in which the list is served. `truncated`: the connection ends halfway. `cut gzip`: the same with a matching
 * content-length, so that only the gzip trailer is missing. `lacks column`: without `startYear`. `slow`: in pieces,
 * with pauses.
 */
export type ImdbMode =
  | 'good'
  | 'html'
  | 'truncated'
  | 'cut gzip'
  | 'lacks column'
  | 'no gzip'
  | 'empty'
  | '404'
  | '503'
  | 'slow';

/** Creates a catalogue's title.basics.tsv.gz. */
function packTitleBasics(catalogue: Catalogue): Buffer {
  return gzipSync(`${[...catalogue.lines()].join('\n')}\n`);
}

const HTML =
  '<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body>We will be back soon.</body></html>\n';
const WITHOUT_YEAR =
  'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tendYear\truntimeMinutes\tgenres\n' +
  'tt0000001\tmovie\tThe Last Ferry\tThe Last Ferry\t0\t\\N\t90\tDrama\n';

/** Sends the file, or only its headers with `head`. @returns the bytes of the body. */
async function sendTitleBasics(
  response: ServerResponse,
  { file, mode, headers, head }: SendRequest,
): Promise<number> {
  const half = file.subarray(0, Math.floor(file.length / 2));
  const [status, body] = bodyOf(mode, file, half);
  const type = {
    'content-type': body.subarray(0, 1).toString() === '<' ? 'text/html' : 'binary/octet-stream',
  };
  response.writeHead(status, { ...(status === 200 ? headers : {}), ...type, 'content-length': body.length });
  if (head) {
    response.end();
    return 0;
  }
  if (mode === 'truncated') {
    response.write(half, () => response.socket?.end());
    return half.length;
  }
  if (mode === 'slow') return sendSlowly(response, body);
  response.end(body);
  return body.length;
}

interface SendRequest {
  readonly file: Buffer;
  readonly mode: ImdbMode;
  readonly headers: Readonly<Record<string, string>>;
  readonly head: boolean;
}

function bodyOf(mode: ImdbMode, file: Buffer, half: Buffer): [status: number, body: Buffer] {
  switch (mode) {
    case '404':
      return [404, Buffer.from('<Error><Code>NoSuchKey</Code></Error>')];
    case '503':
      return [503, Buffer.from(HTML)];
    case 'html':
      return [200, Buffer.from(HTML)];
    case 'cut gzip':
      return [200, half];
    case 'lacks column':
      return [200, gzipSync(WITHOUT_YEAR)];
    case 'no gzip':
      return [200, Buffer.from(WITHOUT_YEAR)];
    case 'empty':
      return [200, Buffer.alloc(0)];
    default:
      return [200, file];
  }
}

const PIECES = 20;
const PAUSE_MS = 50;

/** Takes about 1 s: long enough to be cancelled, short enough for a test. */
async function sendSlowly(response: ServerResponse, body: Buffer): Promise<number> {
  const pieceBytes = Math.ceil(body.length / PIECES);
  let sent = 0;
  while (sent < body.length && !response.destroyed) {
    response.write(body.subarray(sent, sent + pieceBytes));
    sent = Math.min(body.length, sent + pieceBytes);
    await delay(PAUSE_MS);
  }
  response.end();
  return sent;
}
