import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Catalogue, createCatalogue } from '../../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn } from '../../../sandbox/tmdb-stand-in.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { startInstantAws } from '../../support/instant-aws.ts';
import { startLoopbackServer } from '../../support/loopback-server.ts';
import { TDD } from '../../support/program.ts';
import { startTlsServer } from '../../support/tls-server.ts';
import type { BadInput } from './bad-input.ts';

/** The result of a run of the program. */
interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Healthy stand-ins that all rows share. */
export interface Surroundings {
  run(row: BadInput): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts the stand-ins. */
export async function startSurroundings(): Promise<Surroundings> {
  const catalogue = createCatalogue({ initialOf }, { titles: 60, years: [2021] });
  const state = await mkdtemp(join(tmpdir(), 'tdd-bad-inputs-'));
  const tmdb = await startTmdbStandIn({ catalogue });
  const imdb = await startImdbStandIn({ source: catalogue });
  const aws = await startInstantAws(join(state, 'aws'));
  const urls = { tmdb: tmdb.url, imdb: imdb.url, aws: aws.endpoint };
  return {
    run: (row) => runRow(row, { catalogue, urls, awsEnvironment: aws.environment }),
    stop: async () => {
      await Promise.all([tmdb.stop(), imdb.stop(), aws.stop()]);
      await rm(state, { recursive: true, force: true });
    },
  };
}

interface Shared {
  readonly catalogue: Catalogue;
  readonly urls: Readonly<Record<string, string>>;
  readonly awsEnvironment: Readonly<Record<string, string>>;
}

async function runRow(row: BadInput, { catalogue, urls, awsEnvironment }: Shared): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bad-input-'));
  const server = row.server && (await startLoopbackServer(row.server));
  const tls = server && row.tls && (await startTlsServer(Number(new URL(server.url).port)));
  const imdb = row.imdb && (await startImdbStandIn({ source: catalogue, mode: row.imdb }));
  const places: Readonly<Record<string, string | undefined>> = {
    ...urls,
    folder,
    ...(server && { server: tls ? `https://localhost:${tls.port}` : server.url }),
    ...(imdb && { imdb: imdb.url }),
  };
  const fill = (template: string): string =>
    template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);
  try {
    for (const [name, content] of Object.entries(row.files ?? {})) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), typeof content === 'string' ? fill(content) : content);
    }
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      TDD_COMMAND: 'tdd',
      ...awsEnvironment,
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: '{tmdb}',
      IMDB_DATASETS_URL: '{imdb}',
      ...row.env,
    };
    const filled = Object.entries(env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, fill(value)] as const],
    );
    const argv = typeof row.argv === 'string' ? row.argv.split(' ') : row.argv;
    return await runProgram(argv.map(fill), folder, Object.fromEntries(filled));
  } finally {
    await Promise.all([tls?.stop(), server?.stop(), imdb?.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProgram(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Run> {
  const child = spawn(process.execPath, [TDD, ...argv], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}
