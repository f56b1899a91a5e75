import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxAws } from '../../sandbox/aws/start-aws.ts';
import { startInstantAws } from './instant-aws.ts';
import { motoAvailable, startMoto } from './moto.ts';

/** An AWS stand-in on loopback, for one test file. Its event sources do not invoke functions. */
export interface Aws {
  readonly name: 'sandbox' | 'moto';
  /** `http://127.0.0.1:PORT`, for every service. */
  readonly endpoint: string;
  /** The configuration for any SDK client: `new SQSClient(aws.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The same for a child process, or for code that reads the SDK's environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly s3: S3Client;
  /** Creates a bucket with this name, or with a generated one. @returns its name. */
  createBucket(name?: string): Promise<string>;
  /** Deletes everything created so far, in all services. */
  reset(): Promise<void>;
  /** Stops the server and destroys the client. */
  stop(): Promise<void>;
}

/** An AWS stand-in for tests. */
export interface AwsTarget {
  readonly name: Aws['name'];
  /**
   * Starts the stand-in on a free port.
   * @param options.ownProcess runs it outside the test's process, for tests that measure memory. It cannot be reset then.
   */
  start(options?: { readonly ownProcess?: boolean }): Promise<Aws>;
}

/**
 * For `describe.each`: the sandbox's AWS and, if it is installed, moto, so that the tests do not only check our own
 * understanding of AWS. `TDD_TEST_MOTO=0` skips moto.
 */
export const AWS_TARGETS: readonly AwsTarget[] = [
  { name: 'sandbox', start: startSandboxAws },
  ...(motoAvailable ? [{ name: 'moto', start: startMotoAws } as const] : []),
];

/**
 * The sandbox's AWS alone, for `describe.each`: for tests of texts, prompts, permutations and injected errors, in which AWS
 * only does what other tests show on both. moto would take most of the suite's time for them.
 */
export const SANDBOX_ONLY = AWS_TARGETS.filter(({ name }) => name === 'sandbox');

async function startSandboxAws({ ownProcess = false } = {}): Promise<Aws> {
  const directory = await mkdtemp(join(tmpdir(), 'tdd-aws-'));
  const aws = await (ownProcess ? startAwsProcess(directory) : startInstantAws(directory));
  return connect('sandbox', aws.endpoint, {
    reset: aws.reset,
    stop: async () => {
      await aws.stop();
      await rm(directory, { recursive: true, force: true });
    },
  });
}

async function startAwsProcess(directory: string): Promise<Pick<SandboxAws, 'endpoint' | 'reset' | 'stop'>> {
  const child = fork(new URL('./aws-process.ts', import.meta.url), [directory], {
    execArgv: ['--import', 'tsx'],
  });
  const [endpoint] = (await once(child, 'message')) as [string];
  return {
    endpoint,
    reset: () => Promise.reject(new Error('The AWS in a process of its own cannot be reset.')),
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function startMotoAws(): Promise<Aws> {
  const moto = await startMoto();
  return connect('moto', moto.endpoint, moto);
}

function connect(name: Aws['name'], endpoint: string, { reset, stop }: Pick<Aws, 'reset' | 'stop'>): Aws {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  const region = 'us-east-1';
  const clientConfig = { endpoint, region, credentials };
  const s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
  let buckets = 0;
  return {
    name,
    endpoint,
    clientConfig,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    s3,
    createBucket: async (bucketName) => {
      buckets += 1;
      const bucket = bucketName ?? `bucket-${buckets}-${Date.now()}`;
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return bucket;
    },
    reset,
    stop: async () => {
      s3.destroy();
      await stop();
    },
  };
}
