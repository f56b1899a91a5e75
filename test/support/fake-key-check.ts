import { onTestFinished } from 'vitest';
import { answerJson, startLoopbackServer } from './loopback-server.ts';

/** The only key that {@link startKeyCheck} accepts. */
export const GOOD_KEY = '0123456789abcdef0123456789abcdef';

/** Starts TMDB's `GET /3/authentication` on loopback. @returns its base URL and the requests it has received. */
export async function startKeyCheck(): Promise<{
  readonly baseUrl: string;
  readonly asked: readonly string[];
}> {
  const server = await startLoopbackServer((request, response) => {
    if (request.url === `/3/authentication?api_key=${GOOD_KEY}`) {
      answerJson(response, 200, { success: true, status_code: 1, status_message: 'Success.' });
    } else {
      answerJson(response, 401, { success: false, status_code: 7, status_message: 'Invalid API key.' });
    }
  });
  onTestFinished(() => server.stop());
  return { baseUrl: server.url, asked: server.requests };
}
