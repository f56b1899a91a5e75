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

/** One call of a service: what it is and what it was asked. */
export interface Call {
  readonly service: keyof DeployClients;
  /** `CreateQueue`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The same clients with `around` between the caller and each call. */
export function aroundCalls(
  clients: DeployClients,
  around: (call: Call, next: () => Promise<unknown>) => Promise<unknown>,
): DeployClients {
  const wrap = (service: keyof DeployClients) => ({
    send: (command: { readonly input: unknown }, ...rest: unknown[]) => {
      const call = {
        service,
        operation: command.constructor.name.replace(/Command$/, ''),
        input: command.input as Record<string, unknown>,
      };
      const send = clients[service].send.bind(clients[service]) as (...args: unknown[]) => Promise<unknown>;
      return around(call, () => send(command, ...rest));
    },
  });
  const wrapped = Object.fromEntries(
    (['iam', 'lambda', 'sqs', 's3', 'logs', 'sts'] as const).map((service) => [service, wrap(service)]),
  );
  return wrapped as unknown as DeployClients;
}
