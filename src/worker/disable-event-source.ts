import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { clientConfig, IMPATIENT } from '../aws/client-config.ts';
import { switchEventSource } from '../aws/event-source.ts';

/**
 * Disables the worker's own event source: Lambda takes no more messages from the queue, which keeps them.
 * @throws the SDK's error, also when the event source is changing already.
 */
export async function disableEventSource(id: string, config: LambdaClientConfig = {}): Promise<void> {
  const lambda = new LambdaClient({ ...clientConfig(IMPATIENT), ...config });
  try {
    await switchEventSource({ lambda }, id, false);
  } finally {
    lambda.destroy();
  }
}
