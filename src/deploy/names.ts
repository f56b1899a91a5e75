import { deadLetterQueueName } from '../worker-contract.ts';

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

/** The tag that every resource of a deployment carries; its value is the function's name. */
export const STACK_TAG = 'tdd:stack';

/** What the resources of a deployment are called, and their ARNs. */
export interface DeploymentNames {
  /** The value of {@link STACK_TAG}. */
  readonly stack: string;
  readonly region: string;
  readonly bucket: string;
  readonly bucketArn: string;
  readonly queue: string;
  readonly queueArn: string;
  readonly deadLetterQueue: string;
  readonly deadLetterQueueArn: string;
  readonly role: string;
  readonly rolePath: string;
  readonly roleArn: string;
  readonly logGroup: string;
  readonly logGroupArn: string;
  readonly function: string;
  readonly functionArn: string;
  /** Of any event source of this account and region, with `*` for its id. */
  readonly anyEventSourceArn: string;
}

/** The names that follow from a deployment's function, queue, bucket, region and account. */
export function deploymentNames(
  input: Pick<DeploymentInput, 'lambdaName' | 'queueName' | 'bucketName' | 'region' | 'accountId'>,
): DeploymentNames {
  const { lambdaName, queueName, bucketName, region, accountId } = input;
  const partition = arnPartitionOf(region);
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const role = `${lambdaName}-role`;
  const rolePath = '/service-role/';
  const logGroup = `/aws/lambda/${lambdaName}`;
  return {
    stack: lambdaName,
    region,
    bucket: bucketName,
    bucketArn: `arn:${partition}:s3:::${bucketName}`,
    queue: queueName,
    queueArn: arn('sqs', queueName),
    deadLetterQueue: deadLetterQueueName(queueName),
    deadLetterQueueArn: arn('sqs', deadLetterQueueName(queueName)),
    role,
    rolePath,
    roleArn: `arn:${partition}:iam::${accountId}:role${rolePath}${role}`,
    logGroup,
    logGroupArn: arn('logs', `log-group:${logGroup}`),
    function: lambdaName,
    functionArn: arn('lambda', `function:${lambdaName}`),
    anyEventSourceArn: arn('lambda', 'event-source-mapping:*'),
  };
}

/** The partition in a region's ARNs: `aws`, except for China and GovCloud. */
function arnPartitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
