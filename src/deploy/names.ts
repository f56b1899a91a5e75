import { deadLetterQueueName } from '../worker-contract.ts';

/** The input of a deploy, with all defaults filled in. */
export interface DeploymentInput {
  /** The function's name, which is also the stack's name: every resource is tagged with it. */
  readonly lambdaName: string;
  readonly queueName: string;
  readonly bucketName: string;
  /** The region of the function, its queues and its bucket, such as `eu-central-1`. */
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  /** The maximum number of concurrent invocations of the function. */
  readonly workers: number;
  readonly memorySizeMb: number;
  /** Where the workers send the TMDB API key, if it is not TMDB: the plan says so. */
  readonly otherTmdbUrl?: string;
  /**
   * The worker's settings as environment variables, including `TMDB_API_KEY`. Deploy adds those that follow from the
   * deployment itself (bucket, workers, queues).
   */
  readonly environment: Readonly<Record<string, string>>;
  /** The ARN of the role's permissions boundary. */
  readonly roleBoundary?: string | undefined;
  /** The ARN of a role that is managed elsewhere. */
  readonly roleArn?: string | undefined;
}

/** The tag that every resource of a deployment carries; its value is the function's name. */
export const STACK_TAG = 'tdd:stack';

/**
 * The tag that marks the function while a deploy pauses its event source. When the deploy is interrupted, the next one
 * enables the event source again, unless the user has paused or resumed the fleet since, which removes the tag.
 */
export const RESUME_TAG = 'tdd:event-source';

/** The names and ARNs of a deployment's resources. */
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
  /** Whether the role is managed elsewhere: it is used, but never created, changed or deleted. */
  readonly isRoleExternal: boolean;
  readonly logGroup: string;
  readonly logGroupArn: string;
  readonly function: string;
  readonly functionArn: string;
  /** A pattern for all event sources of this account and region, with `*` in place of the ID. */
  readonly anyEventSourceArn: string;
}

/** Derives a deployment's names and ARNs from its function, queue, bucket, region and account. */
export function deploymentNames(
  input: Pick<
    DeploymentInput,
    'lambdaName' | 'queueName' | 'bucketName' | 'region' | 'accountId' | 'roleArn'
  >,
): DeploymentNames {
  const { lambdaName, queueName, bucketName, region, accountId, roleArn } = input;
  const partition = arnPartitionOf(region);
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const role = roleArn?.split('/').at(-1) ?? `${lambdaName}-role`;
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
    roleArn: roleArn ?? `arn:${partition}:iam::${accountId}:role${rolePath}${role}`,
    isRoleExternal: roleArn !== undefined,
    logGroup,
    logGroupArn: arn('logs', `log-group:${logGroup}`),
    function: lambdaName,
    functionArn: arn('lambda', `function:${lambdaName}`),
    anyEventSourceArn: arn('lambda', 'event-source-mapping:*'),
  };
}

/** The display name of a kind of resource, such as `log group`. */
export function kindName(kind: string): string {
  if (kind === 'deadLetterQueue') return 'dead-letter queue';
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html lists the partitions. */
const AWS_PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
] as const;

/** The AWS partition in a region's ARNs: `aws`, except for China, GovCloud and the European Sovereign Cloud. */
function arnPartitionOf(region: string): string {
  return AWS_PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
