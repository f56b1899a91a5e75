import {
  LambdaClient,
  type LambdaClientConfig,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { CLIENT_OPTIONS } from './client-options.ts';

/**
 * Disables an event source: Lambda takes no more messages from its queue, which keeps them.
 * @throws the SDK's error, also when the event source is changing already.
 */
export async function disableEventSource(uuid: string, config: LambdaClientConfig = {}): Promise<void> {
  const lambda = new LambdaClient({ ...CLIENT_OPTIONS, ...config });
  try {
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false }));
  } finally {
    lambda.destroy();
  }
}
