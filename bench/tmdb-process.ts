import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CatalogueOptions } from '../sandbox/catalogue.ts';
import type { FaultOptions } from '../sandbox/tmdb/faults.ts';
import type { RecordedRequest } from '../sandbox/tmdb/traffic.ts';

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

/** Starts the process. Its catalogue is that of a sandbox with the same options. */
export async function startTmdbProcess(options: TmdbProcessOptions): Promise<TmdbProcess> {
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
