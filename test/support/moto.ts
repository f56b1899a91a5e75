import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe } from 'vitest';

/** moto, a stand-in for AWS written in Python, running on loopback for one test file. */
export interface Moto {
  /** `http://127.0.0.1:PORT`, for every service. */
  readonly endpoint: string;
  /** For the constructor of any SDK client: `new SQSClient(moto.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The same for a child process, or for code that reads the SDK's environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly s3: S3Client;
  /** Makes a bucket of this name, or of a new one. @returns its name. */
  createBucket(name?: string): Promise<string>;
  /** Forgets everything made so far, in all services. */
  reset(): Promise<void>;
  /** Ends the server and the client. */
  stop(): Promise<void>;
}

/** Is `moto_server` on PATH? (`pip install 'moto[server]'`) */
export const motoAvailable = isOnPath('moto_server');

const SKIP_REASON = "moto_server is not on PATH (pip install 'moto[server]')";

/** `describe` for a suite that needs moto: without it the suite is skipped, and the output says why. */
export function describeWithMoto(name: string, suite: () => void): void {
  if (motoAvailable) {
    describe(name, suite);
    return;
  }
  process.stderr.write(`skipped: ${name}: ${SKIP_REASON}\n`);
  describe.skip(`${name} (${SKIP_REASON})`, suite);
}

/**
 * Starts moto on a free port and waits until it answers (about a second): at most once a test file.
 * @param options.accountId instead of moto's own 123456789012.
 * @throws Error with the server's own output when it ends before it listens.
 */
export async function startMoto({ accountId }: { readonly accountId?: string } = {}): Promise<Moto> {
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(accountId && { MOTO_ACCOUNT_ID: accountId }) },
  });
  const killServer = () => server.kill('SIGKILL');
  process.once('exit', killServer);
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const endpoint = await readEndpoint(server);

  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  const region = 'us-east-1';
  const clientConfig = { endpoint, region, credentials };
  const s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
  let buckets = 0;
  return {
    endpoint,
    clientConfig,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    s3,
    createBucket: async (name) => {
      buckets += 1;
      const bucket = name ?? `bucket-${buckets}-${Date.now()}`;
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return bucket;
    },
    reset: async () => {
      const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
      if (!answer.ok) throw new Error(`moto answered its reset with ${answer.status}.`);
    },
    stop: async () => {
      s3.destroy();
      process.off('exit', killServer);
      killServer();
      await ended;
    },
  };
}

/** The address that the server prints once it listens. Its output is read on, so that it never blocks. */
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
