import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CatalogueOptions } from '../sandbox/catalogue.ts';
import type { FaultOptions } from '../sandbox/tmdb/faults.ts';
import type { RecordedRequest } from '../sandbox/tmdb/traffic.ts';
import { type OpenSandbox, openSandbox } from '../test/e2e/open-sandbox.ts';

export interface TmdbProcessOptions extends CatalogueOptions {
  readonly latencyMs: number;
  /** The rate above which requests get a 429. */
  readonly requestsPerSecond: number;
}

/** What the process is told. It answers with a {@link TmdbReport}. */
export interface TmdbQuestion {
  /** Replaces its faults. */
  readonly faults?: FaultOptions;
  /** Whether the report has the requests, which takes a while. */
  readonly isAll?: boolean;
}

export interface TmdbReport {
  readonly url: string;
  /** The number of requests so far. */
  readonly count: number;
  /** In order, without those that check the key, which come before the plan. */
  readonly requests: readonly Pick<RecordedRequest, 'atMs' | 'status'>[];
}

/** A stand-in for TMDB in a process of its own, so that no other work delays the requests that it counts. */
export interface TmdbProcess {
  readonly url: string;
  /** Asks for a report; one at a time. */
  ask(question: TmdbQuestion): Promise<TmdbReport>;
  stop(): Promise<void>;
}

/** Runs `body` with a sandbox whose TMDB is such a process, with the same catalogue. Both are stopped at the end. */
export async function withTmdbProcess<Result>(
  {
    latencyMs,
    requestsPerSecond,
    awsLatencyMs,
    ...catalogue
  }: TmdbProcessOptions & { readonly awsLatencyMs: number },
  body: (sandbox: OpenSandbox, tmdb: TmdbProcess) => Promise<Result>,
): Promise<Result> {
  const sandbox = await openSandbox({ ...catalogue, awsLatencyMs });
  let tmdb: TmdbProcess | undefined;
  try {
    tmdb = await startTmdbProcess({ ...catalogue, latencyMs, requestsPerSecond });
    sandbox.env.TMDB_BASE_URL = tmdb.url;
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(requestsPerSecond);
    return await body(sandbox, tmdb);
  } finally {
    await tmdb?.stop();
    await sandbox.stop();
  }
}

async function startTmdbProcess(options: TmdbProcessOptions): Promise<TmdbProcess> {
  const child = fork(new URL('tmdb-child.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = new AbortController();
  child.once('exit', () => ended.abort(new Error('The process of TMDB has ended.')));
  const report = async (): Promise<TmdbReport> => {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message;
  };
  const { url } = await report();
  return {
    url,
    ask: (question) => {
      const answer = report();
      child.send(question);
      return answer;
    },
    stop: async () => {
      if (!child.connected) return; // It has failed, which another call reports.
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
