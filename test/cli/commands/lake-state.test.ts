import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { NOTHING_WRONG } from '../../../sandbox/verify-lake.ts';
import type { Manifest } from '../../../src/download/manifest.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { startLoopbackServer } from '../../support/loopback-server.ts';
import { startStandIns } from '../../support/stand-ins.ts';

const CATALOGUE = { titles: 160, years: [2021] };
const clock = createFastClock(50);
const { tmdb, imdb, inCwd, tdd, verify } = await startStandIns(CATALOGUE, { clock });
const DOWNLOAD = 'download --year 2021 --initial TH --to lake';
const MANIFEST = 'lake/tmdb/manifests/year-2021/initial-TH.json';

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(inCwd(MANIFEST), 'utf8'));
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
    const damaged = Buffer.from(damage(await readFile(inCwd(MANIFEST), 'utf8')));
    await writeFile(inCwd(MANIFEST), damaged);

    expect(await tdd(DOWNLOAD)).toMatchObject({ exitCode: 0 });
    expect(await readManifest()).toMatchObject({ complete: true, counts: before.counts });
    const aside = inCwd('lake/tmdb/manifests-damaged/year-2021');
    const names = await readdir(aside);
    expect(names).toEqual([expect.stringMatching(/^initial-TH-[0-9a-f]{16}\.json$/)]);
    expect(await readFile(join(aside, names[0] ?? ''))).toEqual(damaged);
    expect(await verify({ year: 2021, initial: 'TH' })).toMatchObject(NOTHING_WRONG);
  });

  it('is not one of a newer format, which stays as it is', async () => {
    const newer = '{"version":2,"titles":["tt0000001"]}';
    await mkdir(dirname(inCwd(MANIFEST)), { recursive: true });
    await writeFile(inCwd(MANIFEST), newer);
    const run = await tdd(DOWNLOAD);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/TH\.json was written by a newer version of tdd .*: update tdd/);
    expect(await readFile(inCwd(MANIFEST), 'utf8')).toBe(newer);
    expect(await readdir(inCwd('lake/tmdb'))).toEqual(['manifests', 'source.json']);
  });
});

describe('a lake with data from one source', async () => {
  const AT_HOME = { TMDB_BASE_URL: 'http://127.0.0.1:9', IMDB_DATASETS_URL: 'http://127.0.0.1:9' };
  const { addresses: other } = await startStandIns(CATALOGUE);

  const everything = async () => {
    const lake = createDirectoryLake({ directory: inCwd('lake') });
    const entries: string[] = [];
    for await (const { key, etag } of lake.list('')) entries.push(`${key} ${etag}`);
    return entries;
  };

  it.each([
    ['the same partition', DOWNLOAD, 0],
    ['another partition', DOWNLOAD.replace('TH', 'A_'), 0],
    ['another partition on another day', DOWNLOAD.replace('TH', 'A_'), 24 * 3_600_000],
  ])('refuses %s from another source, and writes nothing', async (_, command, laterMs) => {
    expect(await tdd(DOWNLOAD)).toMatchObject({ exitCode: 0 });
    const before = await everything();
    const later = { ...clock, now: () => clock.now() + laterMs };
    const run = await tdd(command, { env: other, clock: later });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(
      `tdd: The lake ${inCwd('lake')} contains data from another source (TMDB_BASE_URL is ${tmdb.url} in the lake and ${other.TMDB_BASE_URL} here; IMDB_DATASETS_URL is ${imdb.url} in the lake and ${other.IMDB_DATASETS_URL} here): use another lake, or the lake's addresses.\n`,
    );
    expect(await everything()).toEqual(before);
    // The same addresses, spelled differently, are the same source.
    const spelled = { TMDB_BASE_URL: `${tmdb.url}/`, IMDB_DATASETS_URL: `${imdb.url}//` };
    expect(await tdd(DOWNLOAD, { env: spelled })).toMatchObject({ exitCode: 0 });
  });

  it('records the source in the lake, the index and the manifest', async () => {
    await tdd(DOWNLOAD);
    const source = { tmdb: tmdb.url, imdb: imdb.url };
    const read = async (key: string) => JSON.parse(await readFile(inCwd('lake', key), 'utf8'));
    expect(await read('tmdb/source.json')).toEqual(source);
    expect(await readManifest()).toMatchObject({ source });
  });

  it('whose record of the source is lost is still recognized by a manifest or an index', async () => {
    await tdd(DOWNLOAD);
    await rm(inCwd('lake/tmdb/source.json'));
    const imdbOnly = { IMDB_DATASETS_URL: AT_HOME.IMDB_DATASETS_URL };
    expect(await tdd(DOWNLOAD, { env: imdbOnly })).toMatchObject({ exitCode: 2 });
    expect(await tdd(DOWNLOAD, { env: { TMDB_BASE_URL: other.TMDB_BASE_URL } })).toMatchObject({
      exitCode: 2,
    });
  });

  it('is not bound to an address that never answered', async () => {
    const server = await startLoopbackServer((_, response) => response.writeHead(503).end());
    const typo = { TMDB_BASE_URL: server.url };
    expect(await tdd(DOWNLOAD, { env: typo }).finally(() => server.stop())).toMatchObject({ exitCode: 1 });
    expect(await tdd(DOWNLOAD)).toMatchObject({ exitCode: 0 });
    const none = { IMDB_DATASETS_URL: AT_HOME.IMDB_DATASETS_URL };
    expect(await tdd(DOWNLOAD.replace('lake', 'new'), { env: none })).toMatchObject({ exitCode: 1 });
    expect(await tdd(DOWNLOAD.replace('lake', 'new'))).toMatchObject({ exitCode: 0 });
  });

  it('of an earlier version has no source, and gets it with the first write', async () => {
    await tdd(DOWNLOAD);
    await rm(inCwd('lake/tmdb/source.json'));
    const { source: _, ...manifest } = await readManifest();
    const [, ...others] = Object.entries(manifest.titles);
    await writeFile(inCwd(MANIFEST), JSON.stringify({ ...manifest, titles: Object.fromEntries(others) }));
    await rm(inCwd('lake/imdb'), { recursive: true });
    expect(await tdd(DOWNLOAD, { env: other })).toMatchObject({ exitCode: 0 });
    expect(await tdd(DOWNLOAD)).toMatchObject({ exitCode: 2 });
    expect(await readManifest()).toMatchObject({ source: { tmdb: other.TMDB_BASE_URL } });
  });
});

it('the index and the manifest have the same hash of the IDs, and a swapped ID is downloaded the next day', async () => {
  const list = createImdbList(['tt0000001', 'tt0000002']);
  const server = await startImdbStandIn({ source: list });
  const env = { IMDB_DATASETS_URL: server.url };
  const readHashes = async (day: string) => {
    const map = await readFile(inCwd(`lake/imdb/${day}/movie/partitions.json.gz`));
    return JSON.parse(gunzipSync(map).toString()).idHashes[2021].TH;
  };
  try {
    await tdd(DOWNLOAD, { env });
    const { idHash } = await readManifest();
    expect(idHash).toBe(await readHashes('2026-11-22'));
    server.setSource(createImdbList(['tt0000001', 'tt0000003']));
    const tomorrow = createFastClock(50, Date.parse('2026-11-23T12:00:00Z'));
    await tdd(DOWNLOAD, { env, clock: tomorrow });
    const manifest = await readManifest();
    expect(manifest.idHash).toBe(await readHashes('2026-11-23'));
    expect(manifest.idHash).not.toBe(idHash);
    expect(Object.keys(manifest.titles)).toContain('tt0000003');
  } finally {
    await server.stop();
  }
});

/** Creates a list with these movies in the partition 2021/TH. */
function createImdbList(imdbIds: readonly string[]): Buffer {
  const header =
    'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres';
  const rows = imdbIds.map((id) => `${id}\tmovie\tThe One\tThe One\t0\t2021\t\\N\t90\tDrama`);
  return gzipSync([header, ...rows, ''].join('\n'));
}

describe('two runs with different settings on one partition', () => {
  const FRENCH = `${DOWNLOAD} --language fr-FR`;

  /** The titles whose document is not the one that the manifest's settings produce. */
  async function findLies(): Promise<string[]> {
    const { settings, titles } = await readManifest();
    const lies = Object.entries(titles).map(async ([imdbId, title]) => {
      if (title.state !== 'found') return [];
      const file = inCwd('lake/tmdb/movies/year-2021/initial-TH', `tmdb-movie-${title.tmdbId}.json`);
      const query = `api_key=${SANDBOX_API_KEY}&language=${settings.language}`;
      const answer = await fetch(`${tmdb.url}/3/movie/${title.tmdbId}?${query}`);
      const { overview } = (await answer.json()) as { overview: string };
      return JSON.parse(await readFile(file, 'utf8')).overview === overview ? [] : imdbId;
    });
    return (await Promise.all(lies)).flat();
  }

  it('stops the earlier one with a reason, and the manifest is true for every title', async () => {
    tmdb.clearStats();
    // Its first checkpoint is after five seconds; the other run begins and ends before that.
    const english = tdd(DOWNLOAD, { env: { TMDB_REQUESTS_PER_SECOND: '8' }, clock: createFastClock(1) });
    while (tmdb.stats().requests.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    const french = await tdd(FRENCH);
    // 1 if the other one overwrote a document meanwhile.
    expect(french.exitCode).toBe(french.stdout.includes('; complete') ? 0 : 1);
    const stopped = await english;
    expect(stopped).toMatchObject({ exitCode: 1, stdout: '' });
    expect(stopped.stderr).toMatch(
      /^tdd: Another run with other settings \(TMDB_LANGUAGE is fr-FR there and en-US here\) has taken over partition 2021\/TH, so this run stopped: .*\.$/m,
    );
    expect((await readManifest()).settings.language).toBe('fr-FR');
    expect(await findLies()).toEqual([]);
    expect(await tdd(FRENCH)).toMatchObject({ exitCode: 0 });
    expect(await readManifest()).toMatchObject({ complete: true, settings: { language: 'fr-FR' } });
    expect(await findLies()).toEqual([]);
  });

  it('lets one of two new runs continue', async () => {
    const runs = await Promise.all([tdd(DOWNLOAD), tdd(FRENCH)]);
    expect(runs.filter(({ stderr }) => stderr.includes('Another run with other settings'))).toHaveLength(1);
    expect(runs.map(({ exitCode }) => exitCode)).toContain(1);
    expect(await findLies()).toEqual([]);
  });
});
