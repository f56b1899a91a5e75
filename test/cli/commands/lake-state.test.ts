import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../../sandbox/verify-lake.ts';
import type { Manifest } from '../../../src/download/manifest.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const catalogue = createCatalogue({ initialOf }, { titles: 400, years: [2021] });
const clock = createFastClock(50);
const DOWNLOAD = 'download --year 2021 --initial TH --to lake';
const MANIFEST = 'lake/tmdb/manifests/year-2021/initial-TH.json';
const ALL_IS_WELL = { missing: [], unexpected: [], wrong: [] };

let tmdb: TmdbStandIn;
let imdb: ImdbStandIn;
let cwd: string;

beforeAll(async () => {
  tmdb = await startTmdbStandIn({ catalogue });
  imdb = await startImdbStandIn({ source: catalogue });
});
afterAll(() => Promise.all([tmdb.stop(), imdb.stop()]));
beforeEach(async () => {
  cwd = await makeTempFolder();
});

function tdd(argv: string, env: Readonly<Record<string, string>> = {}) {
  return runCli(argv.split(' '), {
    cwd,
    clock,
    env: {
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb.url,
      IMDB_DATASETS_URL: imdb.url,
      TMDB_REQUESTS_PER_SECOND: '2000',
      ...env,
    },
  });
}

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(cwd, MANIFEST), 'utf8'));
}

describe('a damaged manifest', () => {
  const half = (text: string) => text.slice(0, text.length / 2);
  it.each<[string, (text: string) => string | Uint8Array]>([
    ['truncated to half', half],
    ['empty', () => ''],
    ['garbage', () => new Uint8Array([0, 255, 254])],
    ['of another kind', () => '{"partition":{"year":2021,"initial":"TH"}}'],
    ['without a state', (text) => text.replace(/"tt\d+":\{[^}]*\}/, '"tt0000001":null')],
    ['with settings that lack a field', (text) => text.replace('"append":[]', '"append":null')],
  ])('that is %s is set aside and replaced by a download', async (_, damage) => {
    await tdd(DOWNLOAD);
    const before = await readManifest();
    const damaged = Buffer.from(damage(await readFile(join(cwd, MANIFEST), 'utf8')));
    await writeFile(join(cwd, MANIFEST), damaged);

    expect(await tdd(DOWNLOAD)).toMatchObject({ exitCode: 0 });
    expect(await readManifest()).toMatchObject({ complete: true, counts: before.counts });
    const aside = join(cwd, 'lake/tmdb/manifests-damaged/year-2021');
    const names = await readdir(aside);
    expect(names).toEqual([expect.stringMatching(/^initial-TH-[0-9a-f]{16}\.json$/)]);
    expect(await readFile(join(aside, names[0] ?? ''))).toEqual(damaged);
    const lake = createDirectoryLake({ directory: join(cwd, 'lake') });
    const partitions = [{ year: 2021, initial: 'TH' }];
    expect(await verifyLake({ lake, catalogue }, { partitions })).toMatchObject(ALL_IS_WELL);
  });

  it('is not one of a newer format, which stays as it is', async () => {
    const newer = '{"version":2,"titles":["tt0000001"]}';
    await mkdir(dirname(join(cwd, MANIFEST)), { recursive: true });
    await writeFile(join(cwd, MANIFEST), newer);
    const run = await tdd(DOWNLOAD);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/TH\.json was written by a newer version of tdd .*: update tdd/);
    expect(await readFile(join(cwd, MANIFEST), 'utf8')).toBe(newer);
    expect(await readdir(join(cwd, 'lake/tmdb'))).toEqual(['manifests']);
  });
});
