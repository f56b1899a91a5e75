import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ImdbStandIn, startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { makeCatalogue } from './small-catalogue.ts';

const catalogue = makeCatalogue();
let imdb: ImdbStandIn;
beforeAll(async () => {
  imdb = await startImdbStandIn({ source: catalogue, lastModified: new Date('2026-11-22T10:00:00Z') });
});
afterAll(() => imdb.stop());
beforeEach(() => imdb.setMode('good'));

const download = (init: RequestInit = {}) => fetch(`${imdb.url}/title.basics.tsv.gz`, init);
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe('startImdbStandIn', () => {
  it('serves the gzipped list of the catalogue with its length and date', async () => {
    const response = await download();
    const file = await bytesOf(response);
    expect(gunzipSync(file).toString()).toBe(`${[...catalogue.lines()].join('\n')}\n`);
    expect(response.headers.get('content-length')).toBe(String(file.length));
    expect(response.headers.get('last-modified')).toBe('Sun, 22 Nov 2026 10:00:00 GMT');
  });

  it('ignores a Range header', async () => {
    const response = await download({ headers: { range: 'bytes=0-9' } });
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).length).toBeGreaterThan(1_000);
  });

  it('counts downloads and HEADs, and returns 404 for other files', async () => {
    const before = imdb.stats();
    await bytesOf(await download({ headers: { 'user-agent': 'tester/1' } }));
    const head = await download({ method: 'HEAD' });
    expect([head.status, Number(head.headers.get('content-length')) > 1_000]).toEqual([200, true]);
    expect((await fetch(`${imdb.url}/title.ratings.tsv.gz`)).status).toBe(404);
    const after = imdb.stats();
    expect([after.downloads - before.downloads, after.heads - before.heads]).toEqual([1, 1]);
    expect(after.userAgents).toContain('tester/1');
  });

  it('serves another list on another day', async () => {
    const imdb = await startImdbStandIn({ source: Buffer.from('one') });
    imdb.setSource(Buffer.from('two'), new Date('2026-11-23T10:00:00Z'));
    const response = await fetch(`${imdb.url}/title.basics.tsv.gz`);
    expect([await response.text(), response.headers.get('last-modified')]).toEqual([
      'two',
      'Mon, 23 Nov 2026 10:00:00 GMT',
    ]);
    await imdb.stop();
  });
});

describe('a mode', () => {
  it.each([
    ['404', 404],
    ['503', 503],
  ] as const)('%s has this status', async (mode, status) => {
    imdb.setMode(mode);
    expect((await download()).status).toBe(status);
  });

  it('html is a page with status 200', async () => {
    imdb.setMode('html');
    expect(await (await download()).text()).toContain('<html>');
  });

  it('truncated ends the connection before content-length is reached', async () => {
    imdb.setMode('truncated');
    const response = await download();
    expect(response.status).toBe(200);
    await expect(bytesOf(response)).rejects.toThrow('terminated');
  });

  it('cut gzip has a matching content-length but no gzip trailer', async () => {
    imdb.setMode('cut gzip');
    const file = await bytesOf(await download());
    expect(() => gunzipSync(file)).toThrow('unexpected end of file');
  });

  it('lacks column has no startYear', async () => {
    imdb.setMode('lacks column');
    const [header = ''] = gunzipSync(await bytesOf(await download()))
      .toString()
      .split('\n');
    expect(header.split('\t')).toContain('tconst');
    expect(header.split('\t')).not.toContain('startYear');
  });

  it('no gzip is plain text, and empty has no body', async () => {
    imdb.setMode('no gzip');
    expect(await (await download()).text()).toMatch(/^tconst\t/);
    imdb.setMode('empty');
    expect(await bytesOf(await download())).toHaveLength(0);
  });

  it('slow sends the complete file', async () => {
    const good = await bytesOf(await download());
    imdb.setMode('slow');
    expect((await bytesOf(await download())).equals(good)).toBe(true);
  });
});
