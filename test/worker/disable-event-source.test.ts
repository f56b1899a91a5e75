import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { disableEventSource } from '../../src/worker/disable-event-source.ts';
import { describeWithMoto, type Moto, startMoto } from '../support/moto.ts';
import { createEventSource } from './create-event-source.ts';

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
