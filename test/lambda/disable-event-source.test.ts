import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { disableEventSource } from '../../src/lambda/disable-event-source.ts';
import { describeWithMoto, type Moto, startMoto } from '../support/moto.ts';

describeWithMoto('disableEventSource', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto.stop());

  it('disables an event source, and again without complaint', async () => {
    const lambda = new LambdaClient(moto.clientConfig);
    const uuid = await createEventSource(moto, lambda);
    await disableEventSource(uuid, moto.clientConfig);
    await disableEventSource(uuid, moto.clientConfig);
    const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    expect(State).toBe('Disabled');
  });
});

async function createEventSource(moto: Moto, lambda: LambdaClient): Promise<string> {
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
