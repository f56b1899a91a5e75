import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const DOWNLOAD = 'download --year 2004 --initial AD --to lake';
const DEVELOPMENT = 'development --datalake-bucket-name films-lake';
const FORBIDDEN = { status_code: 7, status_message: 'Invalid API key', success: false };

/** A server that is not TMDB. It rejects the key, so that commands end there. */
let other: LoopbackServer;
let cwd: string;

beforeAll(async () => {
  other = await startLoopbackServer((_, response) => answerJson(response, 401, FORBIDDEN));
});
afterAll(() => other.stop());
beforeEach(async () => {
  cwd = await makeTempFolder();
});

function tdd(command: string, env: Record<string, string> = {}) {
  return runCli(command.split(' '), { cwd, env: { TMDB_API_KEY: KEY, ...env } });
}

describe('the API key', () => {
  it.each([DOWNLOAD, DEVELOPMENT, 'deploy --datalake-bucket-name films-lake --dry-run'])(
    'is not sent by tdd %s over plain http',
    async (command) => {
      const url = 'http://tmdb.example:8080';
      const fromEnv = await tdd(command, { TMDB_BASE_URL: url });
      expect(fromEnv).toMatchObject({ exitCode: 2, stdout: '' });
      expect(fromEnv.stderr).toBe(
        `tdd: TMDB_BASE_URL must begin with https:// unless it is on this machine, because http sends the API key unencrypted (got "${url}").\n`,
      );
      await writeFile(join(cwd, 'config.ini'), `[TMDB]\nBASE_URL = ${url}\n`);
      const fromFile = await tdd(command);
      expect(fromFile).toMatchObject({ exitCode: 2, stdout: '' });
      expect(fromFile.stderr).toContain(
        `tdd: [TMDB] BASE_URL in ${join(cwd, 'config.ini')} must begin with https://`,
      );
      expect(await readdir(cwd)).toEqual(['config.ini']);
    },
  );

  it.each([DOWNLOAD, `${DOWNLOAD} --quiet`, DEVELOPMENT])(
    'is sent by tdd %s to a server that config.ini names only after saying so',
    async (command) => {
      await writeFile(join(cwd, 'config.ini'), `[TMDB]\nBASE_URL = ${other.url}\n`);
      const { exitCode, stdout, stderr } = await tdd(command);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      const said = `The TMDB API key is sent to ${other.url}, because of [TMDB] BASE_URL in ${join(cwd, 'config.ini')}.\n`;
      expect(stderr.indexOf(said)).toBeGreaterThanOrEqual(0);
      expect(stderr.indexOf(said)).toBeLessThan(stderr.indexOf('tdd: TMDB rejected the API key'));
      expect(stderr).not.toContain(KEY);
    },
  );

  it('is sent without a word to a server that the environment names', async () => {
    const { stderr } = await tdd(DOWNLOAD, { TMDB_BASE_URL: other.url });
    expect(stderr).toMatch(/^tdd: TMDB rejected the API key/);
  });
});
