import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWorkerBundle } from '../../scripts/write-worker-bundle.ts';
import type { SqsBatchResponse, SqsEvent } from '../../src/worker/handler.ts';

const run = promisify(execFile);

/** The worker's bundle in an otherwise empty folder. */
export interface BundledWorker {
  /**
   * Imports the bundle in a separate process and calls its handler with events, one after the other.
   * @param options.node the path of the Node executable.
   * @param options.seconds the timeout of each invocation.
   */
  handle(
    events: readonly SqsEvent[],
    options: { node: string; env: Readonly<Record<string, string>>; seconds?: number },
  ): Promise<{ answers: SqsBatchResponse[]; log: Record<string, unknown>[]; output: string }>;
  remove(): Promise<void>;
}

/** Bundles the worker as `npm run build` does. */
export async function bundleWorker(): Promise<BundledWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-worker-'));
  await writeWorkerBundle(join(folder, 'index.mjs'));
  const files = await readdir(folder);
  return {
    async handle(events, { node, env, seconds = 300 }) {
      const answersFile = join(folder, 'answers.json');
      const script = `
        import { writeFileSync } from 'node:fs';
        const { handler } = await import('./index.mjs');
        const context = { getRemainingTimeInMillis: () => ${seconds * 1_000} };
        const answers = [];
        for (const event of ${JSON.stringify(events)}) answers.push(await handler(event, context));
        writeFileSync('answers.json', JSON.stringify(answers));`;
      const { PATH = '' } = process.env;
      const { stdout, stderr } = await run(node, ['--input-type=module', '--eval', script], {
        cwd: folder,
        env: { PATH, HOME: folder, ...env },
      });
      const answers: SqsBatchResponse[] = JSON.parse(await readFile(answersFile, 'utf8'));
      await rm(answersFile);
      const log = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      return { answers, log, output: stdout + stderr };
    },
    async remove() {
      const left = await readdir(folder);
      await rm(folder, { recursive: true });
      if (left.join() !== files.join()) throw new Error(`The worker left files behind: ${left.join(', ')}`);
    },
  };
}

/** Installs a Node version, such as `24` or `22.12`, from the npm registry. @returns the path of its executable. */
export async function fetchNode(version: string): Promise<string> {
  const { stdout } = await run('npx', ['-y', `node@${version}`, '-p', 'process.execPath']);
  return stdout.trim();
}
