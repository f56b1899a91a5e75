import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Catalogue } from './catalogue.ts';
import { type ImdbMode, packTitleBasics, sendTitleBasics } from './imdb/send-file.ts';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';

export interface ImdbStandInOptions {
  /** What to serve: a catalogue's list, or the bytes of a title.basics.tsv.gz. */
  readonly source: Catalogue | Buffer;
  readonly mode?: ImdbMode;
  /** When the list was last refreshed; told as `Last-Modified`. */
  readonly lastModified?: Date;
  readonly port?: number;
}

/** What the stand-in saw. */
interface ImdbStats {
  /** GETs of the list, whatever they were answered. */
  readonly downloads: number;
  readonly heads: number;
  /** Bytes of bodies sent. */
  readonly bytes: number;
  readonly userAgents: readonly string[];
}

/** IMDb's datasets on loopback. */
export interface ImdbStandIn extends LoopbackServer {
  stats(): ImdbStats;
  setMode(mode: ImdbMode): void;
  /** Serves another list from now on, as on the next day. */
  setSource(source: Catalogue | Buffer, lastModified?: Date): void;
}

/**
 * Starts a stand-in of datasets.imdbws.com with one file, `/title.basics.tsv.gz`. Ranges are not served: the whole
 * file comes, whatever was asked for.
 */
export async function startImdbStandIn(options: ImdbStandInOptions): Promise<ImdbStandIn> {
  let { mode = 'good', lastModified = new Date('2024-12-31T12:00:00Z') } = options;
  let file = bytesOf(options.source);
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
      etag: `"${createHash('md5').update(file).digest('hex')}"`,
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
      lastModified = refreshedAt;
    },
  };
}

function bytesOf(source: Catalogue | Buffer): Buffer {
  return Buffer.isBuffer(source) ? source : packTitleBasics(source);
}
