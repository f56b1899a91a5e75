import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildZip } from '../../src/deploy/zip.ts';
import type { Aws } from '../support/aws-targets.ts';

/** Creates a role, a queue, a function and an event source. @returns the event source's UUID. */
export async function createEventSource(aws: Aws, lambda: LambdaClient): Promise<string> {
  const iam = new IAMClient(aws.clientConfig);
  const sqs = new SQSClient(aws.clientConfig);
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  const role = { RoleName: 'worker', AssumeRolePolicyDocument: JSON.stringify(trust) };
  const { Role } = await iam.send(new CreateRoleCommand(role));
  const rights = {
    Effect: 'Allow',
    Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    Resource: '*',
  };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [rights] });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'queue', PolicyDocument }));
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
      Code: { ZipFile: await buildZip({ bundle: Buffer.from('export const handler = () => {};') }) },
    }),
  );
  const { UUID = '' } = await lambda.send(
    new CreateEventSourceMappingCommand({ FunctionName: 'worker', EventSourceArn: Attributes?.QueueArn }),
  );
  return UUID;
}
