import { interceptCalls } from '../aws/calls.ts';
import type { AwsClients } from '../aws/clients.ts';
import { isServiceError, serviceErrorMatches } from '../aws/errors.ts';
import { retryWhile, type Waiter } from './wait.ts';

/**
 * How long a changed role or permission may take to propagate. A minute is not enough
 * (https://github.com/hashicorp/terraform-provider-aws/pull/14291), and more would delay the report of a role that is wrong.
 */
const IAM_PROPAGATION_MS = 120_000;
/** A new queue or attribute propagates within a minute. */
const SQS_PROPAGATION_MS = 90_000;
/** How long a service may take to see what it has just created, or to end another change of a resource. */
const SETTLING_MS = 120_000;
/** SQS does not allow a queue's name to be reused for 60 seconds after its deletion. */
const QUEUE_NAME_REUSE_MS = 90_000;

/**
 * Retries a call during IAM propagation: Lambda rejects it as long as Lambda itself, its poller or KMS (which encrypts
 * the function's environment variables) does not see a new role or changed permissions yet.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * @param changedAt when the role or its permissions last changed, by the monotonic clock. Two minutes later the
 *   changes are in effect, so the rejection is final. `undefined`: they did not change.
 * @throws the last error when the two minutes have passed, and any other error at once.
 */
export function retryDuringIamPropagation<T>(
  waiter: Waiter,
  changedAt: number | undefined,
  call: () => Promise<T>,
): Promise<T> {
  const passedMs = changedAt === undefined ? IAM_PROPAGATION_MS : waiter.clock.monotonic() - changedAt;
  const timeoutMs = IAM_PROPAGATION_MS - Math.min(Math.max(0, passedMs), IAM_PROPAGATION_MS);
  return retryWhile(waiter, { timeoutMs }, isIamPropagating, call);
}

/** For KMS see https://github.com/hashicorp/terraform-provider-aws/issues/4633. */
function isIamPropagating(error: unknown): boolean {
  const pattern =
    /cannot be assumed by Lambda|does not have permissions to call .+ on SQS|KMS key is invalid for CreateGrant/i;
  return serviceErrorMatches(error, 'InvalidParameterValueException', pattern);
}

/** Retries a Lambda call until Lambda sees a new queue, or its new visibility timeout (SQS's eventual consistency). */
export function retryUntilLambdaSeesQueue<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  const pattern = /visibility timeout.+less than function timeout|NonExistentQueue/i;
  return retryWhile(
    waiter,
    { timeoutMs: SQS_PROPAGATION_MS },
    (error) => serviceErrorMatches(error, 'InvalidParameterValueException', pattern),
    call,
  );
}

/** Retries a call until SQS sees a new dead-letter queue (eventual consistency). */
export function retryUntilDeadLetterQueuePropagates<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  return retryWhile(waiter, { timeoutMs: SQS_PROPAGATION_MS }, isDeadLetterQueueUnknown, call);
}

/** Retries the creation of a queue until SQS allows its name again and sees its dead-letter queue. */
export function retryUntilQueueNameIsFree<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  return retryWhile(
    waiter,
    { timeoutMs: QUEUE_NAME_REUSE_MS, intervalMs: 5_000 },
    (error) => isServiceError(error, ...DELETED_RECENTLY) || isDeadLetterQueueUnknown(error),
    call,
  );
}

/** Since its JSON protocol, SQS has two names for this error. */
const DELETED_RECENTLY = ['QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently'];

function isDeadLetterQueueUnknown(error: unknown): boolean {
  return error instanceof Error && /dead letter target does not exist/i.test(error.message);
}

/**
 * Wraps the clients of a deploy or a destroy so that calls are repeated while the service asks for that because another change
 * of the resource is in progress, or does not see yet what this deploy has created (eventual consistency):
 * https://github.com/hashicorp/terraform-provider-aws/issues/7628 (S3), 25440 and 22373 (Lambda).
 */
export function withSettling(clients: AwsClients, waiter: Waiter): AwsClients {
  const created = new Set<string>();
  return interceptCalls(clients, async ({ service, operation }, next) => {
    const isSettling = (error: unknown) =>
      isServiceError(error, ...IN_PROGRESS) || (created.has(service) && isUnseen(error));
    const answer = await retryWhile(waiter, { timeoutMs: SETTLING_MS }, isSettling, next);
    if (operation.startsWith('Create')) created.add(service);
    return answer;
  });
}

/** The errors with which S3, CloudWatch Logs and IAM ask to repeat a call. */
const IN_PROGRESS = ['OperationAborted', 'OperationAbortedException', 'ConcurrentModificationException'];

/** Whether something does not exist, in the words of each service. */
function isUnseen(error: unknown): boolean {
  return (
    isServiceError(error, 'NoSuchBucket', 'NoSuchEntityException', 'ResourceNotFoundException') ||
    serviceErrorMatches(error, 'InvalidParameterValueException', /function does not exist/i)
  );
}
