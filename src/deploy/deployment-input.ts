import { parseBucketName } from '../bucket-name.ts';
import { UsageError } from '../errors.ts';

/** What the user wants in AWS: everything that `tdd deploy` needs to know, with all defaults filled in. */
export interface DeploymentInput {
  /** The function's name, which is also the stack's: every resource is tagged with it. */
  readonly lambdaName: string;
  readonly queueName: string;
  readonly bucketName: string;
  /** Of the function, its queues and its bucket: `eu-central-1`. */
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** How many invocations of the function may run at once. */
  readonly workers: number;
  readonly memorySizeMb: number;
  /**
   * The worker's settings as environment variables, `TMDB_API_KEY` among them. Those that follow from the
   * deployment itself (bucket, workers, queues) are added.
   */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Holds the names and numbers against AWS's own rules, before anything is called.
 * @throws {UsageError} naming the value and its rule.
 */
export function checkDeploymentInput(input: DeploymentInput): void {
  // The role is called `{lambda}-role`, and IAM allows 64 characters.
  check(
    /^[A-Za-z0-9_-]{1,59}$/,
    input.lambdaName,
    'a name for the function',
    '1 to 59 letters, digits, "-" or "_"',
  );
  // The dead-letter queue is called `{queue}-dlq`, and SQS allows 80 characters.
  check(
    /^[A-Za-z0-9_-]{1,76}$/,
    input.queueName,
    'a name for the queue',
    '1 to 76 letters, digits, "-" or "_"',
  );
  parseBucketName(input.bucketName);
  checkInteger(input.workers, 2, 1000, 'workers (SQS allows 2 to 1000 for one function)');
  checkInteger(input.memorySizeMb, 128, 10_240, 'MB of memory (Lambda allows 128 to 10240)');
}

function check(pattern: RegExp, value: string, what: string, rule: string): void {
  if (!pattern.test(value)) throw new UsageError(`${JSON.stringify(value)} is not ${what}: use ${rule}.`);
}

function checkInteger(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`${value} is not a possible number of ${what}: give ${min} to ${max}.`);
  }
}
