import {
  type BucketLocationConstraint,
  type CreateBucketCommandInput,
  GetBucketLifecycleConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type LifecycleRule,
  type PublicAccessBlockConfiguration,
  PutBucketLifecycleConfigurationCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import type { AwsClients } from '../../aws/clients.ts';
import {
  DeniedError,
  httpStatusOf,
  isServiceError,
  responseHeader,
  undefinedIfNotFound,
} from '../../aws/errors.ts';
import { bucketDenied } from '../../bucket-name.ts';
import { UsageError, UserError } from '../../errors.ts';
import { formatNumberOf } from '../../text.ts';
import { diffProperties, type Properties, touches } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { describeOther, isOther, ownerOf } from '../ownership.ts';
import type { Desired, ObservedResource, Resource, StepContext } from '../resource.ts';
import { type BucketKey, noteOfKey, readBucketKey } from './bucket-encryption.ts';
import { createTaggedBucket, readBucketTags } from './bucket-tags.ts';
import { deleteBucketWithData } from './empty-bucket.ts';

/** The observed state of a bucket. For a bucket that is not ours, only region, tags and encryption are read. */
export interface ObservedBucket extends ObservedResource {
  readonly region: string | undefined;
  /** Whether the permission to read its tags is missing. Such a bucket is treated as untagged. */
  readonly tagsDenied: boolean;
  readonly key: BucketKey;
  readonly properties: Properties;
  /** Lifecycle rules that tdd did not add. They are preserved when tdd's own rule is written. */
  readonly otherRules: readonly LifecycleRule[];
}

const RULE_ID = 'tdd-abort-unfinished-uploads';
const RULE_PROPERTY = 'AbortIncompleteMultipartUpload';
const ABORT_AFTER_DAYS = 1;

const ACCESS_FLAGS = [
  'BlockPublicAcls',
  'IgnorePublicAcls',
  'BlockPublicPolicy',
  'RestrictPublicBuckets',
] as const;

const afterDays = (days: number) => `after ${formatNumberOf(days, 'day')}`;

const WANTED: Properties = {
  ...Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, 'true'])),
  [RULE_PROPERTY]: afterDays(ABORT_AFTER_DAYS),
};

/** The bucket of the lake. An existing bucket that tdd did not create is used unchanged. */
export const bucket: Resource<'bucket', ObservedBucket> = {
  kind: 'bucket',
  nameOf: (names) => names.bucket,
  namedBy: '--datalake-bucket-name',
  isShared: true,
  overwrites: 'nothing',

  /**
   * @throws {UsageError} when access is denied, because it belongs to another account or a permission is missing, or when it is
   *   not in the region of the deployment.
   */
  async observe({ clients: { s3 } }, names) {
    const region = await readRegion(s3, names.bucket);
    if (region === 'absent') return undefined;
    if (region !== undefined && region !== names.region) {
      throw new UsageError(
        `The bucket ${JSON.stringify(names.bucket)} is in the region ${region}, but the deployment is in ${names.region}: set AWS_REGION=${region}, or choose another bucket.`,
      );
    }
    const tags = await readBucketTags(s3, names.bucket);
    const owner = ownerOf(names, tags === 'denied' ? undefined : tags.get(STACK_TAG));
    const key = await readBucketKey(s3, names);
    if (owner !== 'ours')
      return { region, owner, tagsDenied: tags === 'denied', key, properties: {}, otherRules: [] };
    return { region, owner, tagsDenied: false, key, ...(await readSettings(s3, names.bucket)) };
  },

  refs: ({ key }) => {
    if (key === 'denied') return { lakeKeyArn: 'unknown' };
    return key === 'none' || key.arn === undefined ? {} : { lakeKeyArn: key.arn };
  },

  diff: ({ owner, properties }) => (owner === 'ours' ? diffProperties(properties, WANTED) : []),

  steps(found, { names, input }) {
    const changes = found?.changes;
    return [
      !found && { action: 'create', run: (context) => createBucket(context, names, input) },
      (!changes || changes.some(({ property }) => property !== RULE_PROPERTY)) && {
        action: 'block public access',
        run: ({ clients: { s3 } }) => blockPublicAccess(s3, names.bucket),
      },
      (!changes || touches(changes, RULE_PROPERTY)) && {
        action: 'set lifecycle rule for incomplete multipart uploads',
        run: ({ clients: { s3 } }) =>
          s3.send(
            new PutBucketLifecycleConfigurationCommand({
              Bucket: names.bucket,
              LifecycleConfiguration: { Rules: [...(found?.observed.otherRules ?? []), ABORT_RULE] },
            }),
          ),
      },
    ];
  },

  action: ({ owner }) => (owner === 'ours' ? undefined : 'unchanged'),

  notes: (found, { names }) =>
    found ? [...whyUnchanged(found.observed), ...noteOfKey(found.observed.key, names)] : [],

  keptByDestroy:
    'It is kept with all its data. With --delete-bucket, destroy deletes it only if this deployment created it.',
  destroyNotes: () => [
    'Everything in it will be deleted: the lake, exports, any other objects, and all their versions.',
  ],
  destroy: ({ clients: { s3 }, clock, onProgress, signal }, { name }) =>
    deleteBucketWithData({ s3, clock }, name, { onProgress, signal }),
};

function whyUnchanged({ owner, tagsDenied }: ObservedBucket): string[] {
  if (owner === 'ours') return [];
  if (isOther(owner))
    return [`It belongs to ${describeOther(owner)}, so this deployment uses it without changing it.`];
  if (!tagsDenied) return ['It was not created by tdd, so tdd uses it without changing it.'];
  return ['Its tags cannot be read (s3:GetBucketTagging is denied), so tdd uses it without changing it.'];
}

const ABORT_RULE: LifecycleRule = {
  ID: RULE_ID,
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_AFTER_DAYS },
};

type S3 = AwsClients['s3'];

/**
 * Creates the bucket in its region, with the deployment's tag. A name with the suffix of the account's own namespace needs a
 * header: https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html.
 */
async function createBucket(
  context: StepContext,
  names: DeploymentNames,
  { region, accountId }: Pick<Desired['input'], 'region' | 'accountId'>,
): Promise<void> {
  const { s3 } = context.clients;
  const creation: CreateBucketCommandInput = {
    Bucket: names.bucket,
    ...(names.bucket.endsWith(`-${accountId}-${region}-an`) && { BucketNamespace: 'account-regional' }),
    // S3 rejects the default region as a constraint. The SDK's type lacks regions that are newer than the SDK.
    ...(region !== 'us-east-1' && {
      CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
    }),
  };
  try {
    await createTaggedBucket(s3, creation, { Key: STACK_TAG, Value: names.stack });
  } catch (error) {
    const name = JSON.stringify(names.bucket);
    if (isServiceError(error, 'BucketAlreadyExists')) {
      throw new UserError(
        `The bucket name ${name} is taken by another AWS account (bucket names are globally unique): choose another name.`,
        { cause: error },
      );
    }
    if (!isServiceError(error, 'OperationAborted')) throw error;
    throw new UserError(
      `The bucket name ${name} is not free yet: S3 keeps the name of a deleted bucket for an hour or longer. Run "tdd deploy" again later, or choose another name.`,
      { cause: error },
    );
  }
}

/**
 * Blocks public access, unless it is blocked already: new buckets are by default, and an organization may deny the call
 * (https://github.com/trussworks/terraform-aws-logs/pull/26).
 */
async function blockPublicAccess(s3: S3, Bucket: string): Promise<void> {
  const flags = await readAccess(s3, Bucket);
  if (ACCESS_FLAGS.every((flag) => flags[flag])) return;
  const PublicAccessBlockConfiguration = Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, true]));
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
}

async function readAccess(s3: S3, Bucket: string): Promise<PublicAccessBlockConfiguration> {
  const answer = await undefinedIfNotFound(
    s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    'NoSuchPublicAccessBlockConfiguration',
  );
  return answer?.PublicAccessBlockConfiguration ?? {};
}

async function readSettings(
  s3: S3,
  Bucket: string,
): Promise<Pick<ObservedBucket, 'properties' | 'otherRules'>> {
  const flags = await readAccess(s3, Bucket);
  const lifecycle = await undefinedIfNotFound(
    s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    'NoSuchLifecycleConfiguration',
  );
  const rules = lifecycle?.Rules ?? [];
  return {
    properties: {
      ...Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, String(flags[flag] ?? false)])),
      [RULE_PROPERTY]: describeRule(rules.find((rule) => rule.ID === RULE_ID)),
    },
    otherRules: rules.filter((rule) => rule.ID !== RULE_ID),
  };
}

function describeRule(rule: LifecycleRule | undefined): string | undefined {
  const days = rule?.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  if (!rule || days === undefined) return undefined;
  const prefix = rule.Filter?.Prefix ?? rule.Prefix ?? '';
  const notes = [
    ...(rule.Status === 'Enabled' ? [] : ['disabled']),
    ...(prefix === '' ? [] : [`only ${prefix}`]),
  ];
  return [afterDays(days), ...notes].join(', ');
}

async function readRegion(s3: S3, bucketName: string): Promise<string | undefined | 'absent'> {
  try {
    return regionName((await s3.send(new HeadBucketCommand({ Bucket: bucketName }))).BucketRegion);
  } catch (error) {
    if (error instanceof DeniedError) throw bucketDenied(bucketName, error);
    if (httpStatusOf(error) === 404) return 'absent';
    // For a bucket in another region, S3 responds with a redirect that names the region.
    const region = responseHeader(error, 'x-amz-bucket-region');
    if (region !== undefined) return regionName(region);
    throw error;
  }
}

/** Maps S3's legacy region name `EU`. */
function regionName(region: string | undefined): string | undefined {
  return region === 'EU' ? 'eu-west-1' : region;
}
