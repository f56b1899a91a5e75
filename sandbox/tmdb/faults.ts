import type { ServerResponse } from 'node:http';
import { isRecord, parseJson } from '../../src/json.ts';
import { hashText } from '../random.ts';
import { type Answer, errorAnswer, htmlAnswer, validationAnswer } from './errors.ts';

/** Transient faults, after which a retry succeeds (docs/tmdb.md, Errors). */
export const TRANSIENT_FAULTS = [
  '500 code 11',
  '500 code 15',
  '502 code 43',
  '503 code 9',
  '503 code 46',
  '504 code 24',
  '429',
  'html 502',
  'html 504',
  'html 200',
  'html 401',
  'html 403',
  'html 404',
  'gateway 401',
  'gateway 404',
  'cut json',
  'cut connection',
  'empty body',
  'reset before',
  'reset within',
  'hang',
] as const;

/** Responses with status 200 and valid JSON of another shape or another movie. */
const ODD_ANSWERS = ['empty array', 'null', 'wrong types', 'other movie', 'empty page', 'deep json'] as const;

/** Permanent errors, for which retries are pointless. */
const FINAL_FAULTS = ['500 code 44', '404', '400', '422', 'errors list', '401', '403'] as const;

/**
 * A fault of the stand-in.
 * `gateway`: JSON of another server between client and TMDB. `cut json`: half a document with a matching content-length. `cut connection`: the connection ends before
 * content-length is reached. `reset before`/`within`: a TCP reset before the first byte, or in the middle of the body.
 * `hang`: no response until the client gives up. `empty page`: a page of reviews after the first one is empty, as if it were past
 * the end; other responses are as usual. `deep json`: the document has another field, nested 20,000 levels deep, which
 * V8 parses but cannot write.
 */
export type FaultKind =
  | (typeof TRANSIENT_FAULTS)[number]
  | (typeof ODD_ANSWERS)[number]
  | (typeof FINAL_FAULTS)[number];

/** A deliberate fault. The first rule that matches a request applies. */
interface FaultRule {
  readonly kind: FaultKind;
  /** The decoded path (`/3/movie/tt0000001`), or a pattern for path and query; absent for all requests. */
  readonly path?: string | RegExp;
  /** The number of matching requests that pass before the first one fails. */
  readonly after?: number;
  /** The number of matching requests that fail; absent for all. */
  readonly times?: number;
}

export interface FaultOptions {
  /** The share of requests, 0 to 1, that fail at random with one of `kinds`. */
  readonly rate?: number;
  /** Default: {@link TRANSIENT_FAULTS} without `hang`. */
  readonly kinds?: readonly FaultKind[];
  /** The seed of the random faults. */
  readonly seed?: string | number;
  readonly rules?: readonly FaultRule[];
}

/**
 * Decides which requests fail. Random faults depend on the seed, on the request and on how often it was sent before, but
 * not on the order of different requests, so concurrent runs get the same faults.
 */
export function createFaultPlan({ rate = 0, kinds = QUICK_FAULTS, seed = 1, rules = [] }: FaultOptions): {
  next(path: string, query: string): FaultKind | undefined;
} {
  const asked = new Map<string, number>();
  const fitted = rules.map(() => 0);
  return {
    next(path, query) {
      for (const [index, rule] of rules.entries()) {
        if (!fits(rule, path, query)) continue;
        const before = fitted[index] ?? 0;
        fitted[index] = before + 1;
        const { after = 0, times = Number.POSITIVE_INFINITY } = rule;
        if (before >= after && before < after + times) return rule.kind;
      }
      if (rate <= 0) return undefined;
      const what = `${path}?${query}`;
      const before = asked.get(what) ?? 0;
      asked.set(what, before + 1);
      const drawn = mix(hashText(`${seed}/${before}/${what}`));
      if (drawn / 2 ** 32 >= rate) return undefined;
      return kinds[mix(drawn) % kinds.length];
    },
  };
}

const QUICK_FAULTS: readonly FaultKind[] = TRANSIENT_FAULTS.filter((kind) => kind !== 'hang');

function fits({ path: wanted }: FaultRule, path: string, query: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? wanted === path : wanted.test(`${path}?${query}`);
}

/** Spreads a hash over its 32 bits (the last step of MurmurHash3). */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const ANSWERS: Partial<Record<FaultKind, () => Answer>> = {
  '500 code 11': () => errorAnswer(11),
  '500 code 15': () => errorAnswer(15, 1),
  '502 code 43': () => errorAnswer(43),
  '503 code 9': () => errorAnswer(9),
  '503 code 46': () => errorAnswer(46, 1),
  '504 code 24': () => errorAnswer(24),
  'html 502': () => htmlAnswer(502),
  'html 504': () => htmlAnswer(504),
  'html 200': () => htmlAnswer(200),
  'html 401': () => htmlAnswer(401),
  'html 403': () => htmlAnswer(403),
  'html 404': () => htmlAnswer(404),
  'gateway 401': () => ({ status: 401, body: '{"message":"Unauthorized"}' }),
  'gateway 404': () => ({ status: 404, body: '{"success":false,"message":"Not Found"}' }),
  'empty body': () => ({ status: 200, body: '' }),
  'empty array': () => ({ status: 200, body: '[]' }),
  null: () => ({ status: 200, body: 'null' }),
  'wrong types': () => ({ status: 200, body: '{"id":"x","imdb_id":7,"movie_results":{},"results":"none"}' }),
  'other movie': () => ({ status: 200, body: OTHER_MOVIE }),
  '500 code 44': () => errorAnswer(44),
  '404': () => errorAnswer(34),
  '400': () => errorAnswer(22),
  '422': () => errorAnswer(5),
  'errors list': () => validationAnswer('id must be provided'),
  '401': () => errorAnswer(7),
  '403': () => errorAnswer(45),
};

/** A page of another movie's reviews. */
const OTHER_MOVIE = JSON.stringify({
  id: 1,
  page: 1,
  results: [
    { id: 'f'.repeat(24), author: 'Nobody', content: 'Of another movie.', url: 'https://example.invalid/' },
  ],
  total_pages: 1,
  total_results: 1,
});

/** Responds with a fault instead of `answer`. `send` also records the response. */
export function sendFault(
  kind: FaultKind,
  response: ServerResponse,
  { answer, tooMany, send }: { answer: Answer; tooMany: Answer; send: (answer: Answer) => void },
): void {
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, Math.floor(body.length / 2));
  switch (kind) {
    case 'hang':
      return;
    case '429':
      send(tooMany);
      return;
    case 'cut json':
      send({ ...answer, body: half });
      return;
    case 'empty page':
      send(emptyPage(answer));
      return;
    case 'deep json':
      send({
        ...answer,
        body: `${String(answer.body).slice(0, -1)},"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      });
      return;
    case 'reset before':
      response.socket?.resetAndDestroy();
      return;
    case 'reset within':
    case 'cut connection':
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': body.length,
      });
      response.write(half, () => {
        if (kind === 'cut connection') response.socket?.end();
        else response.socket?.resetAndDestroy();
      });
      return;
    default:
      send(ANSWERS[kind]?.() ?? answer);
  }
}

/** Empties a numbered list, unless it is page 1, whose totals would be lost without a trace. */
function emptyPage(answer: Answer): Answer {
  const list = parseJson(String(answer.body));
  if (!isRecord(list) || !Array.isArray(list.results) || Number(list.page) < 2) return answer;
  return { ...answer, body: JSON.stringify({ ...list, results: [], total_pages: 0, total_results: 0 }) };
}
