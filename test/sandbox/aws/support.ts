import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, type CreateFunctionCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { ZipArchive } from 'archiver';
import { type AwsOptions, type SandboxAws, startAws } from '../../../sandbox/aws/start-aws.ts';

export interface TestAws extends Clients {
  readonly aws: SandboxAws;
  readonly directory: string;
  /** The log lines of all functions so far. */
  readonly logs: string[];
  stop(): Promise<void>;
}

export interface Clients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly iam: IAMClient;
  readonly lambda: LambdaClient;
  readonly sts: STSClient;
  readonly cloudWatchLogs: CloudWatchLogsClient;
}

/** Starts the sandbox's AWS in its own folder, without delays by default. */
export async function startTestAws(options: Partial<AwsOptions> = {}): Promise<TestAws> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'sandbox-aws-')));
  const logs: string[] = [];
  const aws = await startAws({
    roleDelayMs: 0,
    updateDelayMs: 0,
    queueNameDelayMs: 0,
    onLog: (_name, line) => logs.push(line),
    ...options,
    directory,
  });
  return {
    ...connect(aws.endpoint),
    aws,
    directory,
    logs,
    stop: async () => {
      await aws.stop();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Real SDK clients without retries, so that each error is visible at once. */
export function connect(endpoint: string, region = 'us-east-1', accessKeyId = 'test'): Clients {
  const credentials = { accessKeyId, secretAccessKey: 'test' };
  const config = { endpoint, region, credentials, maxAttempts: 1 };
  return {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    iam: new IAMClient(config),
    lambda: new LambdaClient(config),
    sts: new STSClient(config),
    cloudWatchLogs: new CloudWatchLogsClient(config),
  };
}

/** Creates a zip of these files with the library that the deployment uses. */
export async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const archive = new ZipArchive({});
  for (const [name, content] of Object.entries(files)) archive.append(content, { name });
  void archive.finalize();
  return buffer(archive);
}

export const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

export function policyOf(...statements: { Action: string[]; Resource: string; [other: string]: unknown }[]) {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });
}

const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** Creates a role for a function whose mapping can read any queue. @returns its ARN. */
export async function createRole(
  { iam }: Clients,
  name = 'worker',
  policy = defaultPolicy(),
): Promise<string> {
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST, Path: '/service-role/' }),
  );
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'tdd', PolicyDocument: policy }));
  return Role?.Arn ?? '';
}

function defaultPolicy() {
  return policyOf({ Action: POLLING, Resource: '*' });
}

/** Creates a function with one file, `index.mjs`, that has this source. */
export async function createFunction(
  { lambda }: Clients,
  role: string,
  source: string,
  settings: Partial<CreateFunctionCommandInput> = {},
) {
  return lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'worker',
      Runtime: 'nodejs22.x',
      Role: role,
      Handler: 'index.handler',
      Timeout: 10,
      MemorySize: 128,
      Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
      ...settings,
    }),
  );
}

/** @returns the queue's URL and ARN. */
export async function createQueue({ sqs }: Clients, name: string, attributes: Record<string, string> = {}) {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
}

/** Polls until a result is available, or the test times out. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
