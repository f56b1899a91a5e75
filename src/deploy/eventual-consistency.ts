import { isServiceError, serviceErrorMatches } from '../aws/errors.ts';
import { retryWhile, type Waiter } from './wait.ts';

/** How long AWS may take until a changed role or permission is known everywhere. */
const IAM_PROPAGATION_MS = 60_000;
/** How long SQS may take until what was created or set is visible everywhere. */
const SQS_PROPAGATION_MS = 60_000;
/** SQS refuses a queue's name for 60 seconds after its deletion. */
const QUEUE_NAME_REUSE_MS = 90_000;

/**
 * IAM propagation: repeats a call that Lambda refuses because it, its poller or KMS (which encrypts the function's
 * variables) does not know yet of a new role or of changed permissions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * @param changedAt when role or permissions last changed, as far as known (milliseconds since the epoch): a minute
 *   later they are in force, and such an answer is an error. `undefined`: they did not change.
 */
export function retryDuringIamPropagation<T>(
  waiter: Waiter,
  changedAt: number | undefined,
  call: () => Promise<T>,
): Promise<T> {
  const timeoutMs =
    changedAt === undefined ? 0 : Math.max(0, changedAt + IAM_PROPAGATION_MS - waiter.clock.now());
  return retryWhile(waiter, { timeoutMs }, isIamPropagating, call);
}

/** For KMS see https://github.com/hashicorp/terraform-provider-aws/issues/4633. */
function isIamPropagating(error: unknown): boolean {
  const pattern =
    /cannot be assumed by Lambda|does not have permissions to call .+ on SQS|KMS key is invalid for CreateGrant/i;
  return serviceErrorMatches(error, 'InvalidParameterValueException', pattern);
}

/** SQS's eventual consistency: repeats a call of Lambda's that does not see a queue's new visibility timeout yet. */
export function retryUntilVisibilityTimeoutPropagates<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  const pattern = /visibility timeout.+less than function timeout/i;
  return retryWhile(
    waiter,
    { timeoutMs: SQS_PROPAGATION_MS },
    (error) => serviceErrorMatches(error, 'InvalidParameterValueException', pattern),
    call,
  );
}

/** SQS's eventual consistency: repeats a call that does not see a new dead-letter queue yet. */
export function retryUntilDeadLetterQueuePropagates<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  return retryWhile(waiter, { timeoutMs: SQS_PROPAGATION_MS }, isDeadLetterQueueUnknown, call);
}

/** Repeats the creation of a queue while SQS still refuses its name, or does not see its dead-letter queue yet. */
export function retryUntilQueueNameIsFree<T>(waiter: Waiter, call: () => Promise<T>): Promise<T> {
  return retryWhile(
    waiter,
    { timeoutMs: QUEUE_NAME_REUSE_MS, intervalMs: 5_000 },
    (error) => isServiceError(error, ...DELETED_RECENTLY) || isDeadLetterQueueUnknown(error),
    call,
  );
}

/** Two names since SQS's JSON protocol. */
const DELETED_RECENTLY = ['QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently'];

function isDeadLetterQueueUnknown(error: unknown): boolean {
  return error instanceof Error && /dead letter target does not exist/i.test(error.message);
}
