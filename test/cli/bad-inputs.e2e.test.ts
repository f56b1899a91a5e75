import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS } from './bad-inputs/aws.ts';
import type { BadInput } from './bad-inputs/bad-input.ts';
import { FLAGS } from './bad-inputs/flags.ts';
import { IMDB } from './bad-inputs/imdb.ts';
import { LAKES } from './bad-inputs/lakes.ts';
import { type Surroundings, startSurroundings } from './bad-inputs/run-bad-input.ts';
import { SETTINGS } from './bad-inputs/settings.ts';
import { TMDB } from './bad-inputs/tmdb.ts';

// The rows, and how to add one: see `bad-inputs/bad-input.ts`.
const TABLES: readonly (readonly [topic: string, rows: readonly BadInput[]])[] = [
  ['flags', FLAGS],
  ['settings', SETTINGS],
  ['TMDB', TMDB],
  ["IMDb's list", IMDB],
  ['AWS', AWS],
  ['the place of a lake', LAKES],
];

let surroundings: Surroundings;
beforeAll(async () => {
  surroundings = await startSurroundings();
});
afterAll(() => surroundings.stop());

// Five rows at a time: Vitest's default for concurrent tests.
describe.concurrent.each(TABLES)('one sentence, without a stack, about %s:', (_topic, rows) => {
  it.each(rows.map((row) => [row.what, row] as const))('%s', async (_what, row) => {
    const { exitCode, stdout, stderr } = await surroundings.run(row);
    const lines = stderr.trimEnd().split('\n');
    const sentence = lines.at(-1) ?? '';
    if (typeof row.sentence === 'string') expect(sentence).toBe(`tdd: ${row.sentence}`);
    else expect(sentence).toMatch(row.sentence);
    if (row.warning) expect(stderr).toMatch(row.warning);
    expect({ exitCode, stdout }).toEqual({ exitCode: row.exitCode, stdout: '' });
    expect(lines.filter((line) => line.startsWith('tdd: '))).toEqual([sentence]);
    expect(stderr).not.toMatch(/^ {4}at |is a bug/m);
    expect(stderr).not.toContain('5a4db0c5a4db0c5a');
  });
});
