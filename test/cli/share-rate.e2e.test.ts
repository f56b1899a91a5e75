import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

it('two downloads at the same time share the rate, and a killed one leaves it to the other', async () => {
  const cwd = await makeTempFolder();
  const catalogue = createCatalogue({ initialOf }, { titles: 700, years: [2021] });
  const tmdb = await startTmdbStandIn({ catalogue });
  const imdb = await startImdbStandIn({ source: catalogue });
  const children: ChildProcess[] = [];
  const start = (lake: string) => {
    const args = [TDD, 'download', '--year', '2021', '--initial', 'TH', '--to', lake, '--verbose'];
    const child = spawn(process.execPath, args, {
      cwd,
      env: {
        ...process.env,
        XDG_CACHE_HOME: cwd,
        TMDB_API_KEY: SANDBOX_API_KEY,
        TMDB_BASE_URL: tmdb.url,
        TMDB_REQUESTS_PER_SECOND: '3',
        IMDB_DATASETS_URL: imdb.url,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(child);
    const run = { child, stderr: '' };
    child.stderr.on('data', (chunk) => {
      run.stderr += chunk;
    });
    return run;
  };
  try {
    const one = start('one');
    while (tmdb.stats().requests.length < 4) await delay(20);
    expect(one.stderr).not.toContain('the same API key');
    const two = start('two');
    const message =
      'Another download on this machine uses the same API key: this one is limited to 1.5 requests per second.';
    while (![one, two].every(({ stderr }) => stderr.includes(message))) await delay(20);
    two.child.kill('SIGKILL');
    while (!one.stderr.includes('No other download uses the API key')) await delay(20);
    expect(one.stderr.split(message)).toHaveLength(2);
    one.child.kill('SIGINT');
    expect(await once(one.child, 'close')).toEqual([130, null]);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([tmdb.stop(), imdb.stop()]);
  }
});
