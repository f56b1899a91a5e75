import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ACCOUNT_ID } from '../../sandbox/aws/world.ts';

/** moto, an AWS stand-in in Python. */
export interface Moto {
  /** `http://127.0.0.1:PORT`, for every service. */
  readonly endpoint: string;
  /** Deletes everything created so far, in all services. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Why tests do not run on moto; `undefined` when they do. */
export const noMotoReason =
  process.env.TDD_TEST_MOTO === '0'
    ? 'TDD_TEST_MOTO is 0'
    : isOnPath('moto_server')
      ? undefined
      : "moto_server is not on the PATH (pip install 'moto[server]')";

/** Whether tests also run on moto. */
export const motoAvailable = noMotoReason === undefined;

/** The servers of this process that no test uses: starting one takes longer than many tests. */
const idle: Omit<Moto, 'stop'>[] = [];

/**
 * Starts moto on a free port, with the sandbox's account, and waits until it answers (about a second); or returns a server
 * that this process started earlier and then stopped using. It ends with this process.
 * @throws Error with the server's output when it exits before it listens.
 */
export async function startMoto(): Promise<Moto> {
  const server = idle.pop() ?? (await startServer());
  return {
    ...server,
    stop: async () => {
      await server.reset();
      idle.push(server);
    },
  };
}

/** Runs moto until stdin closes: Vitest kills its workers with a signal, so they cannot end a server themselves. */
const SERVE = `exec 3<&0
moto_server -H 127.0.0.1 -p 0 & server=$!
(cat <&3; kill -9 $server) >/dev/null 2>&1 &
wait $server`;

async function startServer(): Promise<Omit<Moto, 'stop'>> {
  const server = spawn('sh', ['-c', SERVE], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, MOTO_ACCOUNT_ID: ACCOUNT_ID },
  });
  const endpoint = await readEndpoint(server);
  return {
    endpoint,
    reset: async () => {
      const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
      if (!answer.ok) throw new Error(`moto answered its reset with ${answer.status}.`);
    },
  };
}

/** The address that the server prints when it listens. All further output is read, so that the server never blocks. */
function readEndpoint(server: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const collect = (chunk: Buffer) => {
      if (output.length < 10_000) output += chunk.toString();
      const endpoint = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (endpoint) resolve(endpoint);
    };
    server.stdout?.on('data', collect);
    server.stderr?.on('data', collect);
    server.once('error', reject);
    server.once('close', (code) => reject(new Error(`moto_server ended with ${code}: ${output}`)));
  });
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
