import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disableEventSource } from '../../src/aws/event-source.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { createEventSource } from '../worker/create-event-source.ts';

describe.each(AWS_TARGETS)('disableEventSource, on $name', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  afterAll(() => aws.stop());

  it('is idempotent: it disables an event source, also a disabled one', async () => {
    const lambda = new LambdaClient(aws.clientConfig);
    const uuid = await createEventSource(aws, lambda);
    await disableEventSource(uuid, {}, aws.clientConfig);
    await disableEventSource(uuid, {}, aws.clientConfig);
    const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    expect(State).toBe('Disabled');
  });
});
