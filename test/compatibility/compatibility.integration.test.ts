import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts';
import * as api from '../../src/index.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolders } from '../support/temp-folder.ts';
import { type FixtureName, readFixture } from './fixture.ts';
import {
  environmentIn,
  type Program,
  type Recording,
  recordCommands,
  recordExports,
  recordHelp,
  recordLake,
  recordMistakes,
  recordResults,
  SANDBOX_OPTIONS,
} from './record.ts';

/** Text of release 1.0.0 that was removed intentionally. Additions need no entry. */
const REMOVED: readonly {
  readonly why: string;
  readonly fixture: FixtureName;
  readonly section: string;
  /** The removed lines of the section; absent when the whole section was removed. */
  readonly lines?: readonly string[];
}[] = [
  {
    why: 'the sandbox is a development tool: npm run sandbox',
    fixture: 'help',
    section: 'tdd',
    lines: ['sandbox'],
  },
  { why: 'the sandbox is a development tool: npm run sandbox', fixture: 'help', section: 'tdd sandbox' },
];

/** A line that was added intentionally to what deploy leaves on AWS: workers notice a pause. */
const ADDED = /^ *"lambda:GetEventSourceMapping",\n/m;

const makeFolder = tempFolders();
const program: Program = { run: (argv, { cwd, env }) => runCli(argv, { cwd, env }) };
let sandbox: Sandbox;

beforeAll(async () => {
  const folder = makeFolder();
  sandbox = await startSandbox({ directory: join(folder, 'aws'), ...SANDBOX_OPTIONS });
});
afterAll(() => sandbox.stop());

test('all commands and flags still exist', async () => {
  expect(await missingFrom('help', await recordHelp(program, makeFolder()))).toEqual([]);
});

test('common mistakes are reported in one line with the same exit code', async () => {
  expect(await recordMistakes(program, makeFolder())).toEqual(await readFixture('mistakes'));
});

test('the public API still exports all names', async () => {
  const source = await readFile(new URL('../../src/index.ts', import.meta.url), 'utf8');
  expect(await missingFrom('exports', recordExports(api, source))).toEqual([]);
});

test('--json and the results of the public API have all fields, and the lake has all objects and fields', async () => {
  const place = { sandbox, folder: makeFolder() };
  // The SDK reads the environment of its process.
  for (const [name, value] of Object.entries(environmentIn(place))) vi.stubEnv(name, value);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, devNull);
  vi.stubEnv('AWS_PROFILE', undefined);
  const recorded: Partial<Record<FixtureName, Recording>> = {};
  const commands = await recordCommands(program, place, async () => {
    recorded.lake = await recordLake(place);
    recorded.results = await recordResults(api, place);
  });
  vi.unstubAllEnvs();
  expect.soft(await missingFrom('commands', commands)).toEqual([]);
  expect.soft(await missingFrom('results', recorded.results ?? {})).toEqual([]);
  expect.soft(await missingFrom('lake', recorded.lake ?? {})).toEqual([]);
  const { 'config.ini': config, 'what deploy leaves on AWS': deployed } = await readFixture('commands');
  expect.soft(commands['config.ini']).toEqual(config);
  expect.soft(commands['what deploy leaves on AWS']?.replace(ADDED, '')).toEqual(deployed);
});

/** Returns the lines of the fixture that a recording lacks, except those removed intentionally. */
async function missingFrom(fixture: FixtureName, recording: Recording): Promise<string[]> {
  return Object.entries(await readFixture(fixture)).flatMap(([section, text]) => {
    const removed = REMOVED.filter((entry) => entry.fixture === fixture && entry.section === section);
    if (removed.some(({ lines }) => lines === undefined)) return [];
    const present = new Set(recording[section]?.split('\n'));
    return text
      .split('\n')
      .filter((line) => !present.has(line) && !removed.some(({ lines }) => lines?.includes(line)))
      .map((line) => `${section}: ${line}`);
  });
}
