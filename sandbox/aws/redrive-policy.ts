import { AwsError } from './aws-call.ts';
import type { QueueStore } from './fauxqs-store.ts';

/** @throws {AwsError} as SQS words it, when messages would be redriven to a queue that does not exist. */
export function checkRedrivePolicy(store: QueueStore, attributes: unknown): void {
  const text = (attributes as Record<string, string> | undefined)?.RedrivePolicy;
  if (!text) return;
  const refuse = (reason: string) =>
    new AwsError(
      400,
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  let policy: { deadLetterTargetArn?: string; maxReceiveCount?: number | string };
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse('Redrive policy is not a valid JSON map.');
  }
  if (!store.getQueueByArn(policy.deadLetterTargetArn ?? ''))
    throw refuse('Dead letter target does not exist.');
  const receives = Number(policy.maxReceiveCount);
  if (!Number.isInteger(receives) || receives < 1 || receives > 1000) {
    throw refuse('Invalid value for maxReceiveCount.');
  }
}
