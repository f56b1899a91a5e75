import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { formatExport } from '../../src/cli/format-export.ts';
import { formatLaunch, formatLaunchPlan, type LaunchResult } from '../../src/cli/format-launch.ts';
import { formatPlan } from '../../src/cli/format-plan.ts';
import { formatRedrive, type RedriveResult } from '../../src/cli/format-redrive.ts';
import { createOutput, type Style } from '../../src/cli/output.ts';
import { createSecrets } from '../../src/cli/secrets.ts';
import { createSuggestions } from '../../src/cli/suggestions.ts';

/** Sets a terminal's title, forges a line, colors text and reverses it. */
const HOSTILE = 'x\x1b]0;x\x07\n\u009b31mForged: all is well\r\u2028\u202ez';
const style: Style = {
  ...pc.createColors(false),
  columns: Number.POSITIVE_INFINITY,
  redact: (text) => text,
  command: (line) => line,
};

const partition = { year: 2004, initial: 'AD', titles: 1, left: 1 };
const LAUNCH: LaunchResult = {
  lake: HOSTILE,
  queue: 'q',
  snapshot: '2026-11-22',
  filters: { minYear: 2000, maxYear: 2026, onlyMissing: false, failed: false },
  budget: { requestsPerSecond: 40, workers: 4, memorySize: 512 },
  movies: 1,
  moviesToAsk: 1,
  partsOnly: 1,
  estimate: {
    requests: 1,
    documentsToRead: 0,
    seconds: 0.1,
    boundBy: 'rate',
    dollars: { s3: 0, lambda: 0, sqs: 0, total: 0, pricesOf: 'us-east-1, 2026-06' },
    basis: {
      requestsPerMovie: 1.2,
      foundShare: 0.8,
      reviewsPerMovie: 0.1,
      learntFrom: 0,
      secondsPerRequest: 0.3,
      leastSecondsPerPartition: 0.07,
      documentsReadPerSecond: 200,
    },
  },
  sizes: [{ from: 1, to: 1, partitions: 1, movies: 1 }],
  largest: [partition],
  withoutYear: { count: 1, titles: [{ imdbId: 'tt0000001', title: HOSTILE }] },
  badRows: 1,
  firstBadRow: { line: 2, problem: 'has an invalid year', text: HOSTILE },
  inRange: 1,
  notes: [HOSTILE],
  partitions: [partition],
};
const REDRIVE: RedriveResult = {
  queue: 'q',
  at: '2026-11-22T10:00:00.000Z',
  letters: [{ id: 'm', partition, reason: HOSTILE, since: '2026-11-22T09:00:00.000Z' }],
  hidden: 0,
  chosen: 1,
};

describe('untrusted text cannot control the terminal or forge a line', () => {
  test.each([
    ['the plan of a launch', () => formatLaunchPlan(LAUNCH, style)],
    [
      'the rejections of a launch',
      () => {
        const rejections = [{ partition, reason: HOSTILE }];
        const counts = { total: 2, sent: 1, sentBefore: 0, rejected: 1, calls: 1 };
        return formatLaunch({ ...LAUNCH, report: { run: 'r', ...counts, rejections } }, style);
      },
    ],
    [
      'the plan of a deploy',
      () => {
        const changes = [{ property: HOSTILE, old: HOSTILE, new: HOSTILE }];
        const line = { kind: 'role', name: HOSTILE, action: 'update', changes, notes: [HOSTILE] } as const;
        return formatPlan([line], style);
      },
    ],
    [
      'the result of an export',
      () => {
        const size = { rows: 1, bytes: 1 };
        return formatExport(
          {
            from: HOSTILE,
            to: HOSTILE,
            format: 'csv',
            years: { written: [2004], unchanged: 0 },
            tables: { movies: size, reviews: size, titles: size },
            documentsRead: 1,
            partsWritten: 0,
            incomplete: 0,
            unreadable: [HOSTILE, 'tmdb/movies/year-2004/initial-AD/tmdb-movie-1.json'],
            seconds: 1,
          },
          style,
        );
      },
    ],
    ['the dead letters', () => formatRedrive(REDRIVE, style)],
  ])('in %s', (_, format) => {
    const text = format();
    expect(text).toContain('x\\u001b]0;x\\u0007 \\u009b31mForged: all is well');
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    expect(text).not.toMatch(/^Forged/m);
  });

  function openOutput(json: boolean) {
    const stream = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const [stdin, stdout, stderr] = [stream(), stream(), stream()];
    const io = { argv: [], env: {}, cwd: '/', stdin, stdout, stderr, signals: new EventEmitter() };
    const wording = { secrets: createSecrets(), suggestions: createSuggestions(io) };
    const output = createOutput(io, wording, { json, quiet: false, verbose: true });
    return { output, written: () => `${stdout.read() ?? ''}${stderr.read() ?? ''}` };
  }

  test('in any other output, which keeps its own colors', () => {
    const { output, written } = openOutput(false);
    output.result({}, ({ green }) => `${green('good')} ${HOSTILE}`);
    output.info(HOSTILE);
    output.warn(HOSTILE);
    output.debug(HOSTILE);
    output.trace?.request(`GET ${HOSTILE}`)(HOSTILE);
    const text = written();
    expect(text).toContain('\x1b[32mgood\x1b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
    expect(text.replaceAll(/\x1b\[\d+m/g, '')).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
  });

  test('in --json, which still contains the full text', () => {
    const { output, written } = openOutput(true);
    output.result({ title: HOSTILE }, () => '');
    const text = written();
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    expect(JSON.parse(text)).toEqual({ title: HOSTILE });
  });
});
