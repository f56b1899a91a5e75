import type { Clock } from '../../src/clock.ts';
import { createSourceClaim } from '../../src/lake/source.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import type { HttpAnswer, HttpGet } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import {
  createHandler,
  type Handler,
  type HandlerDeps,
  type SqsBatchResponse,
} from '../../src/worker/handler.ts';
import { createJsonLog } from '../../src/worker/log.ts';
import type { SqsRecord } from '../../src/worker/open-message.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';

export const API_KEY = '0123456789abcdef0123456789abcdef';

/** Creates the titles of a partition, with IDs from `tt0000001`. */
export function makeTitles(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    imdbId: `tt${String(i + 1).padStart(7, '0')}`,
    title: `Adventure ${i + 1}`,
  }));
}

/** TMDB's response for the movie at a path. Its TMDB ID is the number of the IMDb ID. */
export function movieAnswer(path: string): HttpAnswer {
  const imdbId = path.slice('/3/movie/'.length);
  const reviews = { page: 1, results: [], total_pages: 0, total_results: 0 };
  const movie = { id: Number(imdbId.replace('tt', '')), imdb_id: imdbId, title: imdbId, genres: [], reviews };
  return { status: 200, body: JSON.stringify(movie), retryAfter: undefined };
}

export const REVOKED: HttpAnswer = {
  status: 401,
  body: '{"success":false,"status_code":7,"status_message":"Invalid API key: You must be granted a valid key."}',
  retryAfter: undefined,
};

export const DOWN: HttpAnswer = { status: 503, body: '<html>503</html>', retryAfter: undefined };

const SOURCE = { tmdb: 'http://tmdb.test', imdb: 'http://imdb.test' };

/** The recorded calls of the queues. */
interface QueueCalls {
  readonly visibilities: { readonly receiptHandle: string; readonly seconds: number }[];
  readonly sent: { readonly body: Record<string, unknown>; readonly delaySeconds: number | undefined }[];
  readonly deadLetters: { readonly body: string; readonly attributes: Readonly<Record<string, string>> }[];
  /** The receipts of deleted messages. */
  readonly deleted: string[];
  /** The calls that received messages. */
  readonly receives: { readonly atMs: number; readonly most: number; readonly visibilitySeconds: number }[];
}

/** A message that waits on the queue. */
interface Waiting {
  readonly body: string;
  /** How often it was received before. */
  readonly receives?: number;
}

/** Creates a worker with in-memory dependencies and, by default, a fake clock. */
export function createWorkerHarness({ titles = makeTitles(3), clock = createFakeClock() as Clock } = {}) {
  const lake = new MemoryLake();
  const lines: string[] = [];
  const requests: string[] = [];
  const calls: QueueCalls = { visibilities: [], sent: [], deadLetters: [], deleted: [], receives: [] };
  const harness = {
    clock,
    lake,
    /** The lines of the log. */
    lines,
    /** The paths of the requests to TMDB. */
    requests,
    ...calls,
    /** The messages that wait on the queue: the worker takes them. Their receipts are `taken-0` and so on. */
    waiting: [] as Waiting[],
    /** How often the event source was disabled. */
    disabled: 0,
    /** TMDB's latency. */
    latencyMs: 0,
    /** TMDB's response for a path. */
    answer: movieAnswer,
    /** Throws an error to make a queue call fail. */
    beforeQueueCall: (_name: 'setVisibility' | 'send' | 'sendDeadLetter' | 'receive' | 'delete'): void => {},
    readTitles: (async () => titles) as HandlerDeps['readTitles'],
    /** Overrides dependencies. */
    deps: {} as Partial<HandlerDeps>,
    deliver,
  };

  const http: HttpGet = async (url, { signal }) => {
    requests.push(url.pathname);
    if (harness.latencyMs > 0) await clock.sleep(harness.latencyMs, signal);
    return harness.answer(url.pathname);
  };
  /** Created with the first delivery, as once per process. */
  let handler: Handler | undefined;
  let taken = 0;
  const queue: HandlerDeps['queue'] = {
    async receive(visibilitySeconds, most = 10) {
      harness.beforeQueueCall('receive');
      calls.receives.push({ atMs: clock.now(), most, visibilitySeconds });
      if (harness.waiting.length === 0) await clock.sleep(1_000);
      return harness.waiting.splice(0, most).map(({ body, receives = 0 }) => {
        const receipt = `taken-${taken}`;
        taken += 1;
        return {
          id: receipt,
          receipt,
          body,
          sentAtMs: 0,
          receives: receives + 1,
          firstReceivedMs: clock.now(),
        };
      });
    },
    async delete(receipts) {
      harness.beforeQueueCall('delete');
      calls.deleted.push(...receipts);
      return [];
    },
    async setVisibility(receiptHandle, seconds) {
      harness.beforeQueueCall('setVisibility');
      calls.visibilities.push({ receiptHandle, seconds });
    },
    async send(body, { delaySeconds } = {}) {
      harness.beforeQueueCall('send');
      calls.sent.push({ body: JSON.parse(body), delaySeconds });
      return 'id';
    },
  };
  const deadLetters: HandlerDeps['deadLetters'] = {
    async send(body, { attributes = {} } = {}) {
      harness.beforeQueueCall('sendDeadLetter');
      calls.deadLetters.push({ body, attributes });
      return 'id';
    },
  };
  const pacer = createPacer({ requestsPerSecond: 1_000, clock });
  const random = () => 0;
  const baseUrl = 'http://tmdb.test';
  const tmdb = createTmdbClient({ http, pacer, clock, random, baseUrl, apiKey: API_KEY });

  /** Invokes the worker with messages as Lambda does, with a timeout of 300 s. */
  async function deliver(
    bodies: readonly string[],
    { receives = 1, firstReceivedMs = clock.now() }: { receives?: number; firstReceivedMs?: number } = {},
  ): Promise<SqsBatchResponse> {
    handler ??= createHandler({
      lake,
      clock,
      random,
      tmdb,
      settings: { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] },
      titleTypes: ['movie'],
      source: createSourceClaim({ lake }, SOURCE),
      readTitles: (...args) => harness.readTitles(...args),
      queue,
      deadLetters,
      workers: 4,
      eventSource: {
        isEnabled: async () => harness.disabled === 0,
        disable: async () => {
          harness.disabled += 1;
        },
      },
      log: createJsonLog({ write: (line) => lines.push(line), clock, secret: API_KEY }),
      ...harness.deps,
    });
    const endsAtMs = clock.now() + 300_000;
    const Records = bodies.map((body, i): SqsRecord => {
      const attributes = {
        ApproximateReceiveCount: String(receives),
        ApproximateFirstReceiveTimestamp: String(firstReceivedMs),
      };
      return { messageId: `message-${i}`, receiptHandle: `receipt-${i}`, body, attributes };
    });
    return handler({ Records }, { getRemainingTimeInMillis: () => endsAtMs - clock.now() });
  }

  return harness;
}

/** A message body as a launch writes it. */
export function body(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    year: 2004,
    initial: 'AD',
    snapshot: '2026-11-22',
    run: 'run-1',
    hop: 0,
    ...fields,
  });
}

/** The batch response when all messages are acknowledged. */
export const ALL_DONE: SqsBatchResponse = { batchItemFailures: [] };

/** The partial batch response when these messages return to the queue. */
export function returned(...messages: number[]): SqsBatchResponse {
  return { batchItemFailures: messages.map((i) => ({ itemIdentifier: `message-${i}` })) };
}
