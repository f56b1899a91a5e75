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

/** Intended differences from release 1.0.0, which the fixture was recorded from. Add an entry for each new one. */
const INTENDED: readonly {
  readonly why: string;
  readonly fixture: FixtureName;
  readonly section: string;
  /**
   * Text of the fixture, and what replaces it. With `was` alone that text is gone, with `is` alone the section is new,
   * with neither the whole section is gone.
   */
  readonly was?: string;
  readonly is?: string;
}[] = [
  {
    why: 'the sandbox is a development tool: npm run sandbox',
    fixture: 'help',
    section: 'tdd',
    was: '  sandbox          run a command, or your shell, with every outside service\n                   replaced by a stand-in\n',
    is: '',
  },
  { why: 'the sandbox is a development tool: npm run sandbox', fixture: 'help', section: 'tdd sandbox' },
  {
    why: 'planLaunch tells a script what tdd launch tells a person: notes, and the rest of an interrupted launch',
    fixture: 'results',
    section: 'planLaunch',
    was: 'estimate.seconds: number\n',
    is: 'estimate.seconds: number\nnotes: array\npartitions: array\npartitions[]: object\npartitions[].initial: string\npartitions[].left: number\npartitions[].titles: number\npartitions[].year: number\n',
  },
  {
    why: 'planLaunch tells a script what tdd launch tells a person: notes, and the rest of an interrupted launch',
    fixture: 'results',
    section: 'planLaunch',
    was: 'plan.withoutYear.titles[].title: string\n',
    is: 'plan.withoutYear.titles[].title: string\nqueueExists: boolean\n',
  },
  {
    why: 'types of what launch and readStatus report have names',
    fixture: 'exports',
    section: 'types',
    was: 'ApplyOptions\n',
    is: 'Advice\nApplyOptions\n',
  },
  {
    why: 'types of what launch and readStatus report have names',
    fixture: 'exports',
    section: 'types',
    was: 'LaunchPreview\n',
    is: 'LaunchNote\nLaunchPreview\n',
  },
  {
    why: 'types of what launch and readStatus report have names',
    fixture: 'exports',
    section: 'types',
    was: 'SettingPlaces\n',
    is: 'SendProgress\nSettingPlaces\n',
  },
];

const makeFolder = tempFolders();
const program: Program = { run: (argv, { cwd, env }) => runCli(argv, { cwd, env }) };
let sandbox: Sandbox;

beforeAll(async () => {
  const folder = makeFolder();
  sandbox = await startSandbox({ directory: join(folder, 'aws'), ...SANDBOX_OPTIONS });
});
afterAll(() => sandbox.stop());

test('every --help is as before', async () => {
  expect(await recordHelp(program, makeFolder())).toEqual(await expected('help'));
});

test('common mistakes get the same answers and exit codes', async () => {
  expect(await recordMistakes(program, makeFolder())).toEqual(await expected('mistakes'));
});

test('the public API exports the same names', async () => {
  const source = await readFile(new URL('../../src/index.ts', import.meta.url), 'utf8');
  expect(recordExports(api, source)).toEqual(await expected('exports'));
});

test('--json, the lake and the results of the public API have the same shapes', async () => {
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
  expect.soft(commands).toEqual(await expected('commands'));
  expect.soft(recorded.lake).toEqual(await expected('lake'));
  expect.soft(recorded.results).toEqual(await expected('results'));
});

/** The fixture with the intended differences applied. @throws Error for a difference that matches nothing in it. */
async function expected(fixture: FixtureName): Promise<Recording> {
  const recording: Record<string, string> = { ...(await readFixture(fixture)) };
  for (const { section, was, is, why } of INTENDED.filter((intended) => intended.fixture === fixture)) {
    const text = recording[section];
    const isNew = was === undefined && is !== undefined;
    if ((text === undefined) !== isNew || (was !== undefined && !text?.includes(was))) {
      throw new Error(`The fixture ${fixture} does not fit this difference in "${section}": ${why}.`);
    }
    if (was !== undefined) recording[section] = text?.replace(was, () => is ?? '') ?? '';
    else if (is !== undefined) recording[section] = is;
    else delete recording[section];
  }
  return recording;
}
