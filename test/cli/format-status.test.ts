import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { formatStatus, type StatusResult } from '../../src/cli/format-status.ts';
import type { Style } from '../../src/cli/output.ts';
import { widthOf } from '../../src/cli/terminal-text.ts';

const style = (columns = Number.POSITIVE_INFINITY): Style => ({
  ...pc.createColors(false),
  columns,
  redact: (text) => text,
  command: (line) => line,
});

const RUNNING: StatusResult = {
  at: '2026-11-22T10:10:00.000Z',
  lake: 's3://films-lake',
  phase: 'running',
  queue: { waiting: 1, inFlight: 2, delayed: 0, retentionSeconds: 1_209_600 },
  deadLetters: 0,
  function: { state: 'Active', lastUpdate: 'Successful' },
  eventSource: { id: 'e', state: 'Enabled', maximumConcurrency: 1 },
  fleet: {
    run: '20261122-100000-abc',
    launchedAt: '2026-11-22T10:00:00.000Z',
    snapshot: '2026-11-22',
    filters: { minYear: 2000, maxYear: 2026, onlyMissing: false, failed: false },
    partitions: { total: 4, complete: 1, partial: 1, failedTitles: 1, notBegun: 1, unsent: 0, rejected: 0 },
    movies: { total: 100, settled: 59, failed: 1, left: 41 },
  },
  rate: { moviesPerSecond: 1.5, overSeconds: 40 },
  secondsLeft: 27,
  secondsElapsed: 600,
  failures: { titles: 0, reasons: [] },
  advice: [],
  manifestsRead: 4,
};

describe('formatStatus', () => {
  test('shows progress, the time since the launch and the time left', () => {
    expect(formatStatus(RUNNING, style()).split('\n').slice(0, 6)).toEqual([
      'fleet         running (launched 2026-11-22 10:00 UTC, run 20261122-100000-abc)',
      `progress      ${'█'.repeat(17)}${'░'.repeat(13)} 59 %`,
      'movies        59 of 100 done, 1 failed',
      'partitions    1 of 4 complete (25 %), 1 partial, 1 with failed titles, 1 not started',
      'time          10 min 00 s since the launch, about 27 s left',
      'rate          1.5 movies/s over the last 40 s',
    ]);
  });

  test('shows how long a complete fleet took, where the documents are and what to do next', () => {
    const text = formatStatus({ ...RUNNING, phase: 'complete', secondsLeft: 0 }, style());
    expect(text).toMatch(/time +10 min 00 s\n/);
    expect(text).toMatch(
      /Documents:\n {2}s3:\/\/films-lake\/tmdb\/movies\/\n {2}s3:.*reviews\/\nNext: tdd launch --only-missing .*\nTo load the lake into a database: tdd export --to tables$/,
    );
  });

  test('shows missing reviews, and how to ask for them again', () => {
    const missingReviews = { movies: 2, reviews: 1_020, command: 'tdd launch --failed' };
    expect(formatStatus({ ...RUNNING, missingReviews }, style())).toContain(
      '\nmissing reviews  1,020 of 2 movies; to ask TMDB for them again: tdd launch --failed',
    );
  });

  test('shows complete partitions without parts, and how to write them', () => {
    const withoutParts = 1_500;
    expect(formatStatus({ ...RUNNING, withoutParts }, style())).toContain(
      '\nparts         1,500 complete partitions have none; the next tdd export writes them',
    );
    const partitions = { ...RUNNING.fleet?.partitions, total: 9, complete: 9, withoutParts: 4 };
    const fleet = RUNNING.fleet && {
      ...RUNNING.fleet,
      partitions: { ...RUNNING.fleet.partitions, ...partitions },
    };
    expect(formatStatus({ ...RUNNING, withoutParts, ...(fleet && { fleet }) }, style())).toContain(
      '\nparts         written for 5 of 9 complete partitions',
    );
  });

  test('shows why titles failed, with examples', () => {
    const failures = {
      titles: 9,
      reasons: [
        { reason: '500', titles: 5, examples: ['tt0000001', 'tt0000002', 'tt0000003'] },
        { reason: 'timeout', titles: 1, examples: ['tt0000004'] },
      ],
    };
    expect(formatStatus({ ...RUNNING, failures }, style())).toContain(
      '\nfailures      5 × "500" (tt0000001, tt0000002, tt0000003, …), 1 × "timeout" (tt0000004), 3 for other reasons',
    );
  });

  test('shows the account and the region', () => {
    const text = formatStatus({ ...RUNNING, accountId: '123456789012', region: 'eu-west-1' }, style());
    expect(text).toContain('\naccount       123456789012, region eu-west-1\n');
  });

  test('says that a fleet without queue and function is not deployed, rather than that it has no dead letters', () => {
    const { queue, deadLetters, function: worker, eventSource, ...destroyed } = RUNNING;
    const text = formatStatus({ ...destroyed, phase: 'paused' }, style());
    expect(text).toMatch(/^fleet +not deployed \(launched /);
    expect(text).toMatch(
      /\nqueue +does not exist\ndead letters +queue does not exist\nfunction +does not exist\n/,
    );
  });

  test('suggests no launch for a complete fleet whose workers are gone', () => {
    const advice = [{ problem: 'There is no function "films"', command: 'tdd deploy' }];
    const text = formatStatus({ ...RUNNING, phase: 'complete', advice }, style());
    expect(text).toMatch(/tdd deploy\n\nDocuments:\n.*\n.*reviews\/$/);
    expect(text).not.toContain('Next:');
  });

  test('suggests a first launch, or shows what is missing for it', () => {
    const { fleet, rate, secondsElapsed, ...rest } = RUNNING;
    expect(formatStatus({ ...rest, phase: 'none' }, style())).toMatch(/Next: tdd launch --limit 3/);
    const advice = [{ problem: 'There is no function "films"', command: 'tdd deploy' }];
    expect(formatStatus({ ...rest, phase: 'none', advice }, style())).toMatch(/! .*\.\n {2}tdd deploy$/);
  });

  test.each([60, 100])('fits into %i columns', (columns) => {
    const text = formatStatus(RUNNING, style(columns));
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  test('escapes control characters in untrusted text', () => {
    const hostile = 'x\x1b]0;x\x07\n\u009b31mForged: all is well';
    const advice = [{ problem: hostile, command: hostile }];
    const text = formatStatus(
      {
        ...RUNNING,
        lake: hostile,
        phase: 'complete',
        function: { state: hostile, lastUpdate: hostile },
        eventSource: { id: 'e', state: hostile },
        advice,
        ...(RUNNING.fleet && { fleet: { ...RUNNING.fleet, run: hostile, launchedAt: hostile } }),
      },
      style(),
    );
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text).not.toMatch(/^Forged/m);
  });
});
