import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDownloads, joinRateBudget, type RateShare } from '../../src/app/share-rate.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const BUDGET = { apiKey: '0123456789abcdef0123456789abcdef', baseUrl: 'https://api.themoviedb.org' };

async function setUp() {
  const folder = await makeTempFolder();
  const clock = createFakeClock();
  const join = (budget = BUDGET) => joinRateBudget({ clock, folder }, budget);
  const counts = (shares: readonly RateShare[]) => {
    clock.advance(2_000); // A share looks at most every two seconds.
    return Promise.all(shares.map((share) => share.count()));
  };
  return { folder, clock, join, counts };
}

/** The folder in which the downloads of the only budget are registered. */
async function membersIn(folder: string): Promise<string> {
  const [budget = ''] = await readdir(join(folder, 'downloads'));
  return join(folder, 'downloads', budget);
}

describe('joinRateBudget', () => {
  it('counts the downloads with the same API key and base URL', async () => {
    const { join, counts } = await setUp();
    const one = await join();
    expect(await counts([one])).toEqual([1]);
    const two = await join();
    const other = await join({ ...BUDGET, apiKey: 'f'.repeat(32) });
    const elsewhere = await join({ ...BUDGET, baseUrl: 'http://127.0.0.1:1' });
    expect(await counts([one, two, other, elsewhere])).toEqual([2, 2, 1, 1]);
    const three = await join();
    expect(await counts([one, two, three])).toEqual([3, 3, 3]);
    await one.leave();
    await two.leave();
    expect(await counts([three])).toEqual([1]);
    for (const share of [three, other, elsewhere]) await share.leave();
  });

  it('can be counted without joining', async () => {
    const { folder, join } = await setUp();
    expect(await countDownloads(folder, BUDGET)).toBe(0);
    const one = await join();
    expect(await countDownloads(folder, BUDGET)).toBe(1);
    const two = await join();
    expect(await Promise.all([two.count(), two.count()])).toEqual([2, 2]); // At once, for the first requests.
    await two.leave();
    expect(await countDownloads(folder, { ...BUDGET, baseUrl: 'http://127.0.0.1:1' })).toBe(0);
    await one.leave();
    expect(await countDownloads(folder, BUDGET)).toBe(0);
  });

  it('looks at most every two seconds', async () => {
    const { join, clock } = await setUp();
    const one = await join();
    expect(await one.count()).toBe(1);
    const two = await join();
    expect(await one.count()).toBe(1);
    clock.advance(2_000);
    expect(await one.count()).toBe(2);
    await Promise.all([one.leave(), two.leave()]);
  });

  it('ignores a download that was killed, and deletes its registration after an hour', async () => {
    const { folder, join: joinBudget, counts } = await setUp();
    const share = await joinBudget();
    const members = await membersIn(folder);
    const ages = { suspended: 60_000, abandoned: 7_200_000 };
    for (const [name, ageMs] of Object.entries(ages)) {
      await mkdir(join(members, name));
      const at = new Date(Date.now() - ageMs);
      await utimes(join(members, name), at, at);
    }
    expect(await counts([share])).toEqual([1]);
    const names = await readdir(members);
    expect(names).toContain('suspended');
    expect(names).not.toContain('abandoned');
    await share.leave();
    expect(await readdir(members)).toEqual(['suspended']);
  });

  it('does not write the key', async () => {
    const { folder, join } = await setUp();
    const share = await join();
    const paths = await readdir(folder, { recursive: true });
    expect(paths).toHaveLength(3);
    expect(paths.join()).not.toContain(BUDGET.apiKey);
    await share.leave();
  });

  it('fails when the folder cannot be created, and keeps its number when it is gone', async () => {
    const { folder, clock, join: joinBudget, counts } = await setUp();
    await writeFile(join(folder, 'file'), '');
    await expect(joinRateBudget({ clock, folder: join(folder, 'file') }, BUDGET)).rejects.toThrow(/ENOTDIR/);
    const [one, two] = [await joinBudget(), await joinBudget()];
    expect(await counts([one, two])).toEqual([2, 2]);
    await Promise.all([one.leave(), two.leave()]);
  });
});
