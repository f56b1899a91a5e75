import { afterAll, beforeAll, expect, test } from 'vitest';
import { gzipRows, titleRow } from '../../imdb/snapshot-file.ts';
import { type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

let imdb: LoopbackServer;

beforeAll(async () => {
  const list = gzipRows([
    titleRow('tt1000000', 'Adventure', 2004),
    titleRow('tt1000001', 'Advice', 2004),
    titleRow('tt1000002', 'Zebra', 2010),
  ]);
  imdb = await startLoopbackServer((_, response) => void response.end(list));
});
afterAll(() => imdb.stop());

/** Runs `tdd` with neither AWS credentials nor a bucket nor an API key. */
function tdd(cwd: string, argv: string) {
  return runCli(argv.split(' '), {
    cwd,
    env: { IMDB_DATASETS_URL: imdb.url, AWS_EC2_METADATA_DISABLED: 'true' },
  });
}

test('tdd launch --dry-run --to shows the plan and the forecast of a fleet', async () => {
  const cwd = await makeTempFolder();
  const { exitCode, stdout } = await tdd(cwd, 'launch --dry-run --to lake --initial AD');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^partitions +1 +IMDb's list of \S+, years 2000–\d+\nmovies +2 *\n/);
  expect(stdout).toMatch(/requests\/s with 4 workers.*\nDry run: nothing was sent\.\n$/s);
  const json = await tdd(cwd, 'launch --dry-run --to lake --limit 1 --json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    movies: 1,
    notes: [],
    partitions: [{ year: 2010, initial: 'ZE' }],
  });
});
