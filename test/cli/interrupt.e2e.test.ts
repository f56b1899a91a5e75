import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

it('a real process finishes requests in flight after Ctrl-C and writes the manifest', async () => {
  const cwd = await makeTempFolder();
  const catalogue = createCatalogue({ initialOf }, { titles: 300, years: [2021] });
  const tmdb = await startTmdbStandIn({ catalogue });
  const imdb = await startImdbStandIn({ source: catalogue });
  try {
    const args = [TDD, 'download', '--year', '2021', '--initial', 'TH', '--to', 'lake'];
    const child = spawn(process.execPath, args, {
      cwd,
      env: {
        ...process.env,
        TMDB_API_KEY: SANDBOX_API_KEY,
        TMDB_BASE_URL: tmdb.url,
        TMDB_REQUESTS_PER_SECOND: '5',
        IMDB_DATASETS_URL: imdb.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    while (tmdb.stats().requests.length < 4) await delay(20);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(stderr).toContain('run the same command again to resume');
    const manifest = await readFile(join(cwd, 'lake/tmdb/manifests/year-2021/initial-TH.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ complete: false, lastRun: { outcome: 'stopped' } });
  } finally {
    await Promise.all([tmdb.stop(), imdb.stop()]);
  }
});
