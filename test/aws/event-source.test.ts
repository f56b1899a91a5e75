import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFleetWorkers, listEventSources } from '../../src/aws/event-source.ts';
import { answerJson, type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';

/** Two pages of event source mappings. The queue's own is on the second. */
const PAGES: Readonly<Record<string, object>> = {
  '': { EventSourceMappings: [mapping('other', 'films-queue-dlq')], NextMarker: '2' },
  '2': { EventSourceMappings: [mapping('ours', 'films-queue')] },
};

function mapping(UUID: string, queue: string): object {
  return { UUID, EventSourceArn: `arn:aws:sqs:us-east-1:123456789012:${queue}`, State: 'Enabled' };
}

let server: LoopbackServer;
let lambda: LambdaClient;
beforeEach(async () => {
  server = await startLoopbackServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://lambda').searchParams;
    if (query.get('FunctionName') === 'none') {
      response.setHeader('x-amzn-errortype', 'ResourceNotFoundException');
      answerJson(response, 404, { Message: 'Function not found' });
    } else answerJson(response, 200, PAGES[query.get('Marker') ?? ''] ?? {});
  });
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  lambda = new LambdaClient({ endpoint: server.url, region: 'us-east-1', credentials });
});
afterEach(async () => {
  lambda.destroy();
  await server.stop();
});

describe('event source mappings', () => {
  test.each([{ queueArn: 'arn' }, { functionName: 'films' }])(
    'of %j are listed from all pages',
    async (of) => {
      const all = await listEventSources({ lambda }, of);
      expect(all.map(({ UUID }) => UUID)).toEqual(['other', 'ours']);
    },
  );

  test('are an empty list when the function does not exist', async () => {
    expect(await listEventSources({ lambda }, { functionName: 'none' })).toEqual([]);
  });

  test("include the fleet's own on a later page", async () => {
    const workers = createFleetWorkers({ lambda }, { functionName: 'films', queueName: 'films-queue' });
    expect(await workers.readEventSource()).toEqual({ id: 'ours', state: 'Enabled' });
  });
});
