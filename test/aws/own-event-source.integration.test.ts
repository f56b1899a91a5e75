import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOwnEventSource } from '../../src/aws/event-source.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { createEventSource } from '../worker/create-event-source.ts';

describe.each(AWS_TARGETS)('the own event source of a worker, on $name', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  afterAll(() => aws.stop());

  it('is disabled by the worker, also if it is disabled already', async () => {
    const lambda = new LambdaClient(aws.clientConfig);
    const uuid = await createEventSource(aws, lambda);
    const own = createOwnEventSource(uuid, {}, aws.clientConfig);
    expect(await own.isEnabled()).toBe(true);
    await own.disable();
    await own.disable();
    expect(await own.isEnabled()).toBe(false);
    const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    expect(State).toBe('Disabled');
  });
});
