import { mkdir, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gzipRows, titleRow } from '../../imdb/snapshot-file.ts';
import { type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { details, type SmallTmdb, startSmallTmdb } from '../../support/small-tmdb.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

let tmdb: SmallTmdb;
let imdb: LoopbackServer;
let cwd: string;

beforeAll(async () => {
  tmdb = await startSmallTmdb({ '/3/movie/tt0000001': details(1, 'tt0000001') });
  const list = gzipRows([titleRow('tt0000001', 'Adventure', 2004)]);
  imdb = await startLoopbackServer((_, response) => response.end(list));
});
afterAll(() => Promise.all([tmdb.stop(), imdb.stop()]));
beforeEach(async () => {
  cwd = await makeTempFolder();
});

/** Downloads the only partition of the list to `place`. */
function downloadTo(place: string) {
  return runCli(['download', '--year', '2004', '--initial', 'AD', '--to', place], {
    cwd,
    env: {
      TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
      TMDB_BASE_URL: tmdb.server.url,
      IMDB_DATASETS_URL: imdb.url,
    },
  });
}

describe('tdd download deletes nothing of others', () => {
  const LONG_AGO = new Date('2020-01-01');
  /** A file with a name that the lake's own unfinished files could have. */
  const OWN = '0123456789abcdef-1';

  it.each([
    ['.tdd/unfinished', 'photos'],
    ['.tdd', 'home/unfinished'],
  ])('when %s in its lake is a symbolic link', async (link, folder) => {
    const outside = join(cwd, folder);
    await mkdir(outside, { recursive: true });
    for (const name of ['holiday.jpg', OWN]) {
      await writeFile(join(outside, name), 'mine');
      await utimes(join(outside, name), LONG_AGO, LONG_AGO);
    }
    await mkdir(dirname(join(cwd, 'lake', link)), { recursive: true });
    await symlink(link === '.tdd' ? dirname(outside) : outside, join(cwd, 'lake', link), 'junction');
    expect(await downloadTo('lake')).toMatchObject({ exitCode: 0 });
    expect(await readdir(outside)).toEqual([OWN, 'holiday.jpg']);
  });

  it('when its folder of unfinished files contains links and files of others', async () => {
    const unfinished = join(cwd, 'lake/.tdd/unfinished');
    await mkdir(unfinished, { recursive: true });
    await mkdir(join(cwd, 'photos'));
    for (const path of [
      join(cwd, 'photos/holiday.jpg'),
      join(unfinished, 'notes.txt'),
      join(unfinished, OWN),
    ]) {
      await writeFile(path, 'mine');
      await utimes(path, LONG_AGO, LONG_AGO);
    }
    await symlink(join(cwd, 'photos'), join(unfinished, '0123456789abcdef-2'), 'junction');
    expect(await downloadTo('lake')).toMatchObject({ exitCode: 0 });
    expect(await readdir(unfinished)).toEqual(['0123456789abcdef-2', 'notes.txt']);
    await stat(join(cwd, 'photos/holiday.jpg'));
  });
});

describe('tdd download creates no directory with a surprising name', () => {
  it.each([
    ['~/lake', /^tdd: --to must not begin with "~" \(got "~\/lake"\): use "\$HOME\/lake" .* "\.\/~\/lake"/],
    [
      's3:/b',
      /^tdd: --to must be a directory or s3:\/\/bucket \(got "s3:\/b"\): use "s3:\/\/b" for a bucket, or /,
    ],
    ['s3:lab', /use "s3:\/\/lab" for a bucket, or "\.\/s3:lab" for a directory of that name\.$/],
    ['S3://Lab', /^tdd: --to must be a valid S3 bucket name/],
    ['gs://x', /^tdd: --to must be a directory or s3:\/\/bucket \(got "gs:\/\/x"\)/],
    ['file:///x', /use "\/x" for that directory/],
    ['https://lake.example', /^tdd: --to must be a directory or s3:\/\/bucket/],
  ])('for --to %s', async (place, sentence) => {
    const run = await downloadTo(place);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr.trim()).toMatch(sentence);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('but accepts one that is marked as a path', async () => {
    expect(await downloadTo('./~/lake')).toMatchObject({ exitCode: 0 });
    expect(await readdir(join(cwd, '~'))).toEqual(['lake']);
  });
});
