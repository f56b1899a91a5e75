import { AwsError } from './aws-call.ts';
import type { LambdaDeps } from './lambda.ts';
import type { LambdaFunction } from './world.ts';

/** A function's settings and where it stands now. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html */
export function tellConfiguration(
  { now }: Pick<LambdaDeps, 'now'>,
  { configuration, activeAt, updatedAt }: LambdaFunction,
): object {
  const isPending = now() < activeAt;
  const isUpdating = now() < updatedAt;
  return {
    ...configuration,
    State: isPending ? 'Pending' : 'Active',
    ...(isPending ? { StateReason: 'The function is being created.', StateReasonCode: 'Creating' } : {}),
    LastUpdateStatus: isUpdating ? 'InProgress' : 'Successful',
    ...(isUpdating
      ? {
          LastUpdateStatusReason: 'The function is being created.',
          LastUpdateStatusReasonCode: 'Creating',
        }
      : {}),
  };
}

/** @throws {AwsError} while the function is being made or updated. */
export function refuseWhileChanging(
  { now }: LambdaDeps,
  { configuration, activeAt, updatedAt }: LambdaFunction,
): void {
  const because =
    now() < activeAt
      ? 'The function is currently in the following state: Pending'
      : now() < updatedAt
        ? `An update is in progress for resource: ${configuration.FunctionArn}`
        : undefined;
  if (because) {
    throw new AwsError(
      409,
      'ResourceConflictException',
      `The operation cannot be performed at this time. ${because}`,
    );
  }
}
