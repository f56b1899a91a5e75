import { expect, it } from 'vitest';
import { createJsonLog } from '../../src/worker/log.ts';
import { createFakeClock } from '../support/fake-clock.ts';

it('logs one JSON object per line, and redacts the secret', () => {
  const lines: string[] = [];
  const secret = 'a"secret\\key';
  const log = createJsonLog({ write: (line) => lines.push(line), clock: createFakeClock(), secret });
  log('WARN', `Refused ${secret}.`, { url: `https://x/?api_key=${secret}`, seconds: 1.5 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    timestamp: '2026-11-22T10:00:00.000Z',
    level: 'WARN',
    message: 'Refused [secret].',
    url: 'https://x/?api_key=[secret]',
    seconds: 1.5,
  });
});
