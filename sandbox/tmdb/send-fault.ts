import type { ServerResponse } from 'node:http';
import { type Answer, errorAnswer, htmlAnswer, validationAnswer } from './errors.ts';
import type { FaultKind } from './faults.ts';

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
  'html 403': () => htmlAnswer(403),
};

/** A page of reviews of a movie that nobody asked for. */
const OTHER_MOVIE = JSON.stringify({
  id: 1,
  page: 1,
  results: [
    { id: 'f'.repeat(24), author: 'Nobody', content: 'Of another movie.', url: 'https://example.invalid/' },
  ],
  total_pages: 1,
  total_results: 1,
});

/** Does what a fault says in place of `answer`. `send` sends an answer that is told. */
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
