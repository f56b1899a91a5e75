import { AwsError } from './aws-call.ts';
import { roleOf } from './function-settings.ts';
import { isAllowed } from './iam-policy.ts';
import { invalidParameter, type LambdaCall, type LambdaDeps } from './lambda.ts';
import type { Role } from './world.ts';

const POLLING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'] as const;

/** What Lambda needs to poll a queue for a function, and this role does not allow. */
export function findMissingRight(role: Role | undefined, queueArn: string): string | undefined {
  return POLLING.find((verb) => !role || !isAllowed(role, { action: `sqs:${verb}`, resource: queueArn }));
}

/** @throws {AwsError} when the function's role may not take messages from the queue. */
export function checkQueueRights(
  { world, now, roleDelayMs }: LambdaDeps,
  roleArn: string,
  queueArn: string,
): void {
  const role = roleOf(world, roleArn);
  const isSpread = role && (now() >= role.changedAt + roleDelayMs || roleDelayMs === 0);
  const missing = isSpread ? findMissingRight(role, queueArn) : POLLING[0];
  if (missing) {
    throw invalidParameter(`The function execution role does not have permissions to call ${missing} on SQS`);
  }
}

/** @throws {AwsError} when a number is out of Lambda's range. */
export function checkNumbers(input: LambdaCall['input']): void {
  const { BatchSize, MaximumBatchingWindowInSeconds: window } = input;
  if (BatchSize !== undefined && (Number(BatchSize) < 1 || Number(BatchSize) > 10_000)) {
    throw invalidParameter(`Invalid batch size ${BatchSize}.`);
  }
  if (Number(BatchSize ?? 1) > 10 && Number(window ?? 0) < 1) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  const most = maximumConcurrency(input);
  if (most !== undefined && (most < 2 || most > 1000)) {
    throw new AwsError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${most}' at 'scalingConfig.maximumConcurrency' failed to satisfy constraint: Member must have value ${most < 2 ? 'greater than or equal to 2' : 'less than or equal to 1000'}`,
    );
  }
}

/** An empty ScalingConfig takes the limit away. */
export function maximumConcurrency({ ScalingConfig }: LambdaCall['input']): number | undefined {
  const most = (ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency;
  return most === undefined ? undefined : Number(most);
}
