import { describe, expect, it } from 'vitest';
import { classifyAnswer } from '../../src/tmdb/classify-answer.ts';

function classify(status: number, body: unknown, path = '/3/movie/tt0133093'): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyAnswer({ status, body: text, retryAfter: undefined }, path).next;
}

describe('classifyAnswer', () => {
  it.each([
    [200, { id: 1 }, 'use'],
    [200, '<html>oops</html>', 'retry'],
    [200, '{"id": 1, "title": "cut o', 'retry'],
    [200, '', 'retry'],
    [400, { success: false, status_code: 22, status_message: 'Invalid page' }, 'refused'],
    [400, { errors: ['query must be provided'] }, 'refused'],
    [400, '<html>Bad Request</html>', 'retry'],
    [401, { status_code: 7, status_message: 'Invalid API key' }, 'keyRejected'],
    [401, { success: false, status_code: 10, status_message: 'Suspended API key' }, 'keyRejected'],
    [401, 'nothing', 'retry'],
    [401, '<html>Proxy authentication</html>', 'retry'],
    [401, { message: 'Unauthorized' }, 'retry'],
    [401, { success: false, message: 'Unauthorized' }, 'retry'],
    [401, { status_code: 401, message: 'Unauthorized' }, 'retry'],
    [401, { status_code: '7', status_message: 'Invalid API key' }, 'retry'],
    [403, { message: 'Forbidden' }, 'retry'],
    [403, { success: false, status_code: 14, status_message: 'Authentication failed' }, 'keyRejected'],
    [403, '<html>CDN says no</html>', 'retry'],
    [404, { success: false, status_code: 34, status_message: 'not found' }, 'notFound'],
    [404, { status_code: 6, status_message: 'Invalid id' }, 'notFound'],
    [404, '<html>Not here</html>', 'retry'],
    [404, { success: false, message: 'Not Found' }, 'retry'],
    [404, { errors: ['no such route'] }, 'retry'],
    [404, { status_code: 404, status_message: 'Not Found' }, 'retry'],
    [400, { errors: [{ title: 'Bad Request' }] }, 'retry'],
    [400, { errors: [] }, 'retry'],
    [422, { message: 'Unprocessable' }, 'retry'],
    [422, { status_code: 20, status_message: 'Invalid date range' }, 'refused'],
    [429, { status_code: 25, status_message: 'over the limit' }, 'throttled'],
    [500, { status_code: 11, status_message: 'Internal error' }, 'retry'],
    [500, { status_code: 15, status_message: 'Failed.' }, 'retry'],
    [500, { status_code: 44, status_message: 'The ID is invalid.', failure: true }, 'refused'],
    [502, { status_code: 43, status_message: 'Could not connect' }, 'retry'],
    [503, { status_code: 9, status_message: 'Service offline' }, 'retry'],
    [504, '<html>Gateway</html>', 'retry'],
    [301, '', 'retry'],
  ])('classifies %d %j as "%s"', (status, body, next) => {
    expect(classify(status, body)).toBe(next);
  });

  it.each(['/3/find/tt0133093', '/3/authentication'])('takes a 404 for %s for a wrong base URL', (path) => {
    expect(classify(404, { status_code: 34, status_message: 'not found' }, path)).toBe('wrongUrl');
    expect(classify(404, { message: 'Not Found' }, path)).toBe('retry');
    expect(classify(404, '<html>Not here</html>', path)).toBe('retry');
  });

  it('gives the status, code and message of a permanent error as the reason', () => {
    const body = JSON.stringify({ status_code: 22, status_message: 'Invalid page' });
    expect(classifyAnswer({ status: 400, body, retryAfter: undefined }, '/3/movie/603')).toEqual({
      next: 'refused',
      reason: '400 (code 22): Invalid page',
    });
  });
});
