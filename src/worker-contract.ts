/**
 * The values on which `deploy`, the worker and the commands must agree: `deploy` configures them on AWS, and the others
 * rely on them. Each value is defined here and nowhere else.
 *
 * @module
 */

/** The timeout of the Lambda function. */
export const FUNCTION_TIMEOUT_SECONDS = 300;
/**
 * How a worker divides the time of an invocation: it starts titles until 45 s before the timeout and aborts requests in
 * flight 15 s before it. The rest is for the manifest and the continuation message.
 * @param remainingMs the remaining time that Lambda reports.
 * @returns milliseconds from now; 0 or less when that moment has passed.
 */
export function timeBudget(remainingMs: number): {
  readonly startTitlesForMs: number;
  readonly abortAfterMs: number;
} {
  return { startTitlesForMs: remainingMs - 45_000, abortAfterMs: remainingMs - 15_000 };
}

/** For how long a full invocation starts new titles. */
export const WORKING_SECONDS = timeBudget(FUNCTION_TIMEOUT_SECONDS * 1_000).startTitlesForMs / 1_000;

/** The code file in the function's zip, and Lambda's name for the handler that it exports. */
export const HANDLER = { file: 'index.mjs', name: 'index.handler' } as const;
/** The number of messages per invocation. */
export const BATCH_SIZE = 1;

/**
 * The visibility timeout of the queue: six times the function timeout. Lambda requires at least one function timeout and
 * recommends six (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). A worker shortens it for its
 * own message as soon as it receives one.
 */
export const VISIBILITY_TIMEOUT_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
/** How many times a message is received before SQS moves it to the dead-letter queue. */
export const MAX_RECEIVE_COUNT = 5;
/** The message retention period of both queues: 14 days, the maximum of SQS. */
export const RETENTION_SECONDS = 14 * 24 * 60 * 60;

/** The interval at which a running download checkpoints its manifest: a crash loses at most this much work. */
export const CHECKPOINT_SECONDS = 5;

/** The name of a queue's dead-letter queue. */
export function deadLetterQueueName(queueName: string): string {
  return `${queueName}-dlq`;
}

/**
 * The environment variables of the function that are not user settings, or whose values `deploy` sets itself. The other
 * variables are listed in `SETTINGS` in `src/config/settings.ts`.
 */
export const WORKER_VARIABLES = {
  /** Secret. */
  apiKey: 'TMDB_API_KEY',
  bucketName: 'DATALAKE_BUCKET_NAME',
  /** The rate budget of the fleet; a worker's share is this divided by {@link WORKER_VARIABLES.workers}. */
  requestsPerSecond: 'TMDB_REQUESTS_PER_SECOND',
  workers: 'TDD_WORKERS',
  queueUrl: 'TDD_QUEUE_URL',
  deadLetterQueueUrl: 'TDD_DLQ_URL',
  /** The event source mapping of the function: a worker disables it when TMDB rejects the API key. */
  eventSourceId: 'TDD_EVENT_SOURCE_UUID',
} as const;
