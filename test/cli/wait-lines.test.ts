import { describe, expect, test } from 'vitest';
import { createWaitLines } from '../../src/cli/wait-lines.ts';
import type { Wait } from '../../src/wait.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function setUp() {
  const clock = createFakeClock();
  const lines: string[] = [];
  const onWait = createWaitLines({ clock, write: (line) => lines.push(line) });
  return {
    clock,
    lines,
    wait: (ms: number, { reason = 'TMDB is down', next = 'retrying' }: Partial<Wait> = {}) =>
      onWait({ reason, next, untilMs: clock.now() + ms }),
  };
}

describe('createWaitLines', () => {
  test.each([
    [0, /^TMDB is down: retrying …$/],
    [2_000, /^TMDB is down: retrying in 2 s …$/],
    [598_000, /^TMDB is down: retrying at \d\d:\d\d:\d\d \(in 9 min 58 s\) …$/],
  ])('shows the end of a wait of %d ms', (ms, line) => {
    const { lines, wait } = setUp();
    wait(ms);
    expect(lines).toEqual([expect.stringMatching(line)]);
  });

  test('shows a wait once, although each request in flight reports it', () => {
    const { clock, lines, wait } = setUp();
    for (let request = 0; request < 20; request += 1) {
      wait(60_000);
      clock.advance(10);
    }
    expect(lines).toHaveLength(1);
    clock.advance(60_000);
    wait(60_000);
    expect(lines).toHaveLength(2);
  });

  test('shows waits for different reasons', () => {
    const { lines, wait } = setUp();
    wait(60_000);
    wait(10_000, { reason: 'S3 is throttling requests', next: 'giving up' });
    expect(lines[1]).toBe('S3 is throttling requests: giving up in 10 s …');
  });
});
