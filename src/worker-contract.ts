/**
 * Everything that both sides of a deployment must agree on: `deploy` configures it on AWS, the worker and the commands
 * rely on it. Each value is defined here and nowhere else.
 *
 * @module
 */

/** How long Lambda lets one invocation run. */
export const FUNCTION_TIMEOUT_SECONDS = 300;
/**
 * How a worker spends an invocation's time: it starts titles until 45 s before the end, and aborts what is in flight
 * 15 s before the end, which leaves time for the manifest and the continuation message.
 * @param remainingMs what Lambda says is left.
 * @returns milliseconds from now; 0 or less when there is no time for it.
 */
export function timeBudget(remainingMs: number): {
  readonly startTitlesForMs: number;
  readonly abortAfterMs: number;
} {
  return { startTitlesForMs: remainingMs - 45_000, abortAfterMs: remainingMs - 15_000 };
}

/** How long a whole invocation starts titles. */
export const WORKING_SECONDS = timeBudget(FUNCTION_TIMEOUT_SECONDS * 1_000).startTitlesForMs / 1_000;

/** The one file in the function's zip, and the export in it that Lambda calls. */
export const HANDLER = { file: 'index.mjs', name: 'index.handler' } as const;
/** Messages per invocation. */
export const BATCH_SIZE = 1;

/**
 * How long a received message stays invisible to others: six times the function's timeout, as Lambda requires at least
 * one and recommends six (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). A worker sets its
 * own, shorter one as soon as it has a message.
 */
export const VISIBILITY_TIMEOUT_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
/** How often a message is received before SQS moves it to the dead-letter queue: the fifth receive is the last. */
export const MAX_RECEIVE_COUNT = 5;
/** How long both queues keep a message: SQS's maximum. */
export const RETENTION_SECONDS = 14 * 24 * 60 * 60;

/** A running worker writes its manifest this often: a crash loses at most this much work. */
export const CHECKPOINT_SECONDS = 5;

/** The name of a queue's dead-letter queue. */
export function deadLetterQueueName(queueName: string): string {
  return `${queueName}-dlq`;
}

/**
 * The function's environment variables that are not settings of the user's, or that deploy fills in itself. The other
 * settings have their names in the table of settings.
 */
export const WORKER_VARIABLES = {
  /** Secret. */
  apiKey: 'TMDB_API_KEY',
  bucketName: 'DATALAKE_BUCKET_NAME',
  /** With {@link WORKER_VARIABLES.workers}: a worker's share of the budget is one divided by the other. */
  requestsPerSecond: 'TMDB_REQUESTS_PER_SECOND',
  workers: 'TDD_WORKERS',
  queueUrl: 'TDD_QUEUE_URL',
  deadLetterQueueUrl: 'TDD_DLQ_URL',
  /** The function's own event source, which a worker disables when TMDB rejects the API key. */
  eventSourceId: 'TDD_EVENT_SOURCE_UUID',
} as const;
