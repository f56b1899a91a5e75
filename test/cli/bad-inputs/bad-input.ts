import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImdbMode } from '../../../sandbox/imdb-stand-in.ts';

/**
 * A run of the program that must fail with one sentence. To add one, append it to the table of its topic in this folder
 * (`flags.ts`, `settings.ts`, `tmdb.ts`, `imdb.ts`, `aws.ts`, `lakes.ts`); a new table also needs a line in
 * `../bad-inputs.e2e.test.ts`.
 *
 * The program runs in an empty folder, which is also its home folder, with a valid TMDB key and healthy stand-ins for
 * TMDB, IMDb and AWS (with no bucket, queue or function). In `argv`, `env` and the texts of `files`, `{folder}` is the
 * folder, and `{tmdb}`, `{imdb}`, `{aws}` and `{server}` are the URLs of the stand-ins and of the row's own `server`.
 */
export interface BadInput {
  /** What is wrong, as the end of a test name. */
  readonly what: string;
  /** The arguments of `tdd`, separated by spaces. */
  readonly argv: string | readonly string[];
  /** Environment variables that differ from a working set-up; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files in the working folder by path, such as `config.ini`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** A server of this row, at `{server}`. */
  readonly server?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Puts TLS in front of `server`, with a certificate of a CA that nobody trusts. */
  readonly tls?: true;
  /** How this row's IMDb serves its list. */
  readonly imdb?: ImdbMode;
  /** A warning on stderr, before the last line. */
  readonly warning?: RegExp;
  readonly exitCode: 1 | 2;
  /** The last line on stderr, without `tdd: `; a pattern must match a part of it. */
  readonly sentence: string | RegExp;
}

/** The flags of a download into a directory that would succeed. */
export const DOWNLOAD = 'download --year 2021 --initial TH --to lake';

/** Answers every request with this status and body. */
export function answer(status: number, body: string, type = 'text/html'): NonNullable<BadInput['server']> {
  return (_, response) => void response.writeHead(status, { 'content-type': type }).end(body);
}

/** A page of a proxy or a captive portal. */
export const PAGE = '<html><head><title>Sign in</title></head><body>Sign in to the network.</body></html>';
