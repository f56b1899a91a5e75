import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('every benchmark can be loaded outside of Vitest', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const running = run(process.execPath, ['--import', 'tsx', 'bench/run.ts', 'nonsense'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
  });
  await expect(running).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Unknown bench: nonsense\./),
  });
});
