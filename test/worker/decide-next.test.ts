import { describe, expect, it } from 'vitest';
import { decideNext, type Outcome } from '../../src/worker/decide-next.ts';

const HOUR_MS = 3_600_000;
const failed: Outcome = { kind: 'failed', reason: 'Two titles failed.' };
const outage: Outcome = { kind: 'outage', reason: 'TMDB is away.' };
const refused: Outcome = { kind: 'keyRefused', reason: 'No such key.', isPaused: true };

function decide(outcome: Outcome, receives: number, hours = 0, random = 0) {
  const options = { nowMs: 100 * HOUR_MS, random: () => random };
  return decideNext(outcome, { receives, firstReceivedMs: (100 - hours) * HOUR_MS }, options);
}

describe('decideNext', () => {
  it('adds up to 20 % jitter to the backoff', () => {
    expect(decide(failed, 1, 0, 0.999)).toMatchObject({ action: 'return', seconds: 72 });
    expect(decide(outage, 4, 0, 0.999)).toMatchObject({ action: 'return', seconds: 8_639 });
  });

  it('backs off for more than 2.5 hours in total over four receives of an outage', () => {
    const seconds = [1, 2, 3, 4].map((receives) => {
      const next = decide(outage, receives);
      return next.action === 'return' ? next.seconds : 0;
    });
    expect(seconds.reduce((sum, wait) => sum + wait)).toBeGreaterThanOrEqual((2.5 * HOUR_MS) / 1_000);
  });

  it.each([
    ['a failure', failed, 5, 0, 'deadLetter'],
    ['a failure of a message that an earlier deployment received nine times', failed, 9, 0, 'deadLetter'],
    ['a short outage', outage, 5, 1, 'requeue'],
    ['a long outage', outage, 5, 3, 'deadLetter'],
    ['a refused key with the fleet paused', refused, 5, 99, 'requeue'],
    ['a refused key with the fleet not paused', { ...refused, isPaused: false }, 5, 99, 'deadLetter'],
    ['a time too short for one title', { kind: 'timeUp', completed: 0 }, 5, 0, 'deadLetter'],
    ['progress', { kind: 'timeUp', completed: 1 }, 5, 0, 'continue'],
    ['success', { kind: 'done' }, 5, 99, 'acknowledge'],
    ['no time at all', { kind: 'notStarted' }, 5, 99, 'requeue'],
  ] as const)('decides after the last receive, for %s', (_what, outcome, receives, hours, action) => {
    expect(decide(outcome, receives, hours).action).toBe(action);
  });

  it('keeps the receives of a message that was received before and not begun, since it may have crashed a worker', () => {
    expect(decide({ kind: 'notStarted' }, 1)).toMatchObject({ action: 'requeue', delaySeconds: 0 });
    expect(decide({ kind: 'notStarted' }, 2)).toMatchObject({ action: 'return', seconds: 0 });
  });

  it('makes a dead letter of a permanent failure at once', () => {
    expect(decide({ kind: 'permanentFailure', reason: 'Gone.' }, 1)).toEqual({
      action: 'deadLetter',
      reason: 'Gone.',
    });
  });
});
