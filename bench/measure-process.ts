import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a process has used, from its start to its end. */
export interface ProcessUsage {
  readonly wallMs: number;
  /** User and system time of all threads. */
  readonly cpuMs: number;
  /** The peak of its resident memory. */
  readonly peakMb: number;
}

/**
 * Runs a Node program in a process of its own and measures it.
 * @param program its file.
 * @param options.env its whole environment.
 * @param options.talk exchanges messages with it, and disconnects it at the end.
 * @throws Error with the standard error of a program that fails.
 */
export async function measureProcess(
  program: string,
  {
    args = [],
    env = {},
    talk,
  }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly talk?: (child: ChildProcess) => Promise<void>;
  },
): Promise<ProcessUsage> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-process-'));
  try {
    const usage = join(folder, 'usage.json');
    const child = fork(program, [...args], {
      cwd: folder,
      // Its home, so that no settings of this machine are read.
      env: { HOME: folder, ...env, TDD_BENCH_USAGE: usage },
      execArgv: ['--import', new URL('report-usage.mjs', import.meta.url).href],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    child.stderr?.on('data', (text) => {
      errors += text;
    });
    // Not "close", which Node does not emit after disconnect().
    const exited = once(child, 'exit');
    await talk?.(child);
    const [code] = await exited;
    if (code !== 0 && talk === undefined) throw new Error(`${program} failed: ${errors}`);
    return JSON.parse(await readFile(usage, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
