import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Moto } from '../support/moto.ts';

/** Makes a role, a queue, a function and the event source between them. @returns its UUID. */
export async function createEventSource(moto: Moto, lambda: LambdaClient): Promise<string> {
  const iam = new IAMClient(moto.clientConfig);
  const sqs = new SQSClient(moto.clientConfig);
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  const role = { RoleName: 'worker', AssumeRolePolicyDocument: JSON.stringify(trust) };
  const { Role } = await iam.send(new CreateRoleCommand(role));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'worker',
      Role: Role?.Arn,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: Buffer.from('PK\x05\x06'.padEnd(22, '\0')) },
    }),
  );
  const { UUID = '' } = await lambda.send(
    new CreateEventSourceMappingCommand({ FunctionName: 'worker', EventSourceArn: Attributes?.QueueArn }),
  );
  return UUID;
}
