import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { CALL_LIMITS } from './call-limits.ts';

/** The services that a deployment speaks to. Nothing but `send` is used of each client. */
export interface DeployClients {
  readonly iam: Pick<IAMClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly s3: Pick<S3Client, 'send'>;
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly sts: Pick<STSClient, 'send'>;
}

/**
 * Makes the clients, once, at the edge; credentials and endpoint are the SDK's own matter. Nothing is called.
 * @param options the S3 client that the process has, and a region to use instead of the SDK's own choice.
 * @returns the clients, and `region()`, which throws when the SDK finds none.
 */
export function createClients(options: {
  readonly s3: S3Client;
  readonly region?: string | undefined;
}): DeployClients & { region(): Promise<string> } {
  const config = { ...CALL_LIMITS, ...(options.region !== undefined && { region: options.region }) };
  const lambda = new LambdaClient(config);
  return {
    lambda,
    iam: new IAMClient(config),
    sqs: new SQSClient(config),
    s3: options.s3,
    logs: new CloudWatchLogsClient(config),
    sts: new STSClient(config),
    region: () => lambda.config.region(),
  };
}
