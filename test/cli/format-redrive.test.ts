import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatLetters, formatRedrive, type RedriveResult } from '../../src/cli/format-redrive.ts';
import type { Style } from '../../src/cli/output.ts';

const style: Style = {
  ...pc.createColors(false),
  columns: Number.POSITIVE_INFINITY,
  redact: (text) => text,
  command: (line) => line,
};

const since = '2026-11-22T09:00:00.000Z';
const NOT_JSON = {
  id: 'id-1',
  since,
  reason: 'The message is not JSON: "hello \\u001b".',
  excerpt: 'hello \u001b',
};
const NO_YEAR = { id: 'id-2', since, reason: 'The message has no "year".', excerpt: '{"initial":"AD"}' };
const CRASHED = { id: 'id-3', since, partition: { year: 2004, initial: 'AD' } };

function format(result: Pick<RedriveResult, 'letters' | 'chosen'> & Partial<RedriveResult>): string {
  return formatRedrive({ queue: 'films', at: '2026-11-22T10:00:00.000Z', hidden: 0, ...result }, style);
}

test('shows why a message is unreadable, with its ID and the beginning of its body', () => {
  const text = format({ letters: [NOT_JSON, NO_YEAR], chosen: 0 });
  expect(text).toContain('The message is not JSON: "hello \\u001b". Message ID: id-1\n');
  expect(text).toContain('The message has no "year". Body: "{\\"initial\\":\\"AD\\"}". Message ID: id-2\n');
  expect(text).not.toContain('crashed');
  expect(text).toContain(
    '2 unreadable messages stay in the dead-letter queue: correct the program that sent them, and delete them with "tdd redrive --discard".',
  );
  expect(text).toMatch(/No worker can read these messages: nothing was returned\.$/);
});

test('counts the unreadable messages that stay when others were returned', () => {
  const report = { moved: 1, left: 0, undeleted: 0, by: 'messages' as const };
  const text = format({ letters: [CRASHED, NO_YEAR], chosen: 1, report });
  expect(text).toContain(
    'Returned 1 message to the queue films.\n1 unreadable message stays in the dead-letter queue',
  );
});

test('says that the worker crashed only for a readable message', () => {
  expect(format({ letters: [CRASHED], chosen: 1 })).toContain(
    'The worker crashed, ran out of time or memory, or Lambda could not start it',
  );
});

test('does not say that a message stays which is about to be deleted', () => {
  const result = { queue: 'films', at: since, hidden: 0, letters: [NO_YEAR], chosen: 1 };
  expect(formatLetters(result, style, { toDiscard: true })).not.toContain('stays');
});
