import { isServiceError, serviceErrorMatches } from '../aws/errors.ts';
import { retryWhile, type Waiter } from './wait.ts';

/** How long a changed role or permission can take to propagate. */
const IAM_PROPAGATION_MS = 60_000;
/** How long a new queue or attribute can take to propagate. */
const SQS_PROPAGATION_MS = 60_000;
/** SQS does not allow a queue's name to be reused for 60 seconds after its deletion. */
const QUEUE_NAME_REUSE_MS = 90_000;

/**
 * Retries a call during IAM propagation: Lambda rejects it as long as Lambda itself, its poller or KMS (which encrypts
 * the function's environment variables) does not see a new role or changed permissions yet.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * @param changedAt when the role or its permissions last changed, by the monotonic clock. A minute later the
 *   changes are in effect, so the rejection is final. `undefined`: they did not change.
 * @throws the last error when the minute has passed, and any other error at once.
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

/** Retries a Lambda call until Lambda sees a queue's new visibility timeout (SQS's eventual consistency). */
export function retryUntilVisibilityTimeoutPropagates<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  const pattern = /visibility timeout.+less than function timeout/i;
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
