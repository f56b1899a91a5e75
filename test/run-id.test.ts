import { expect, it } from 'vitest';
import { createRunId, isRunId } from '../src/run-id.ts';

const AT = Date.parse('2026-11-22T10:15:00.999Z');

it('consists of a time and a random part and is safe in a key', () => {
  expect(createRunId(AT, () => 0.5)).toBe('20261122T101500Z-3e7800');
  expect(isRunId(createRunId(AT, () => 0.999_999))).toBe(true);
});

it('sorts by time, even within a second', () => {
  const names = [0, 1, 255, 256, 998].map((ms, at) => createRunId(AT - 999 + ms, () => 1 - (at + 1) / 10));
  expect([...names].sort()).toEqual(names);
  expect([createRunId(AT + 1, () => 0), createRunId(AT, () => 0.9)].sort()[0]).toBe(
    createRunId(AT, () => 0.9),
  );
});

it.each(['', '.hidden', 'a/b', 'a b', 'x'.repeat(65)])('rejects %j as a run ID', (text) => {
  expect(isRunId(text)).toBe(false);
});
