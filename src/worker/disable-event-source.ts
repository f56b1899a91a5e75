import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { switchEventSource } from '../aws/event-source.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

/**
 * Disables the worker's own event source: Lambda takes no more messages from the queue, which keeps them.
 * @throws the SDK's error, also when the event source is changing already.
 */
export async function disableEventSource(id: string, config: LambdaClientConfig = {}): Promise<void> {
  const lambda = new LambdaClient({ ...CLIENT_OPTIONS, ...config });
  try {
    await switchEventSource({ lambda }, id, false);
  } finally {
    lambda.destroy();
  }
}
