import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
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
import { UsageError, UserError } from '../../errors.ts';
import { diffProperties, type Properties, touches } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import type { ObservedResource, Resource, StepContext } from '../resource.ts';
import { retryWhile } from '../wait.ts';
import { deleteBucketWithData } from './empty-bucket.ts';

/** A bucket as it is. Of one that is not ours only its region and tags are read. */
export interface ObservedBucket extends ObservedResource {
  readonly region: string | undefined;
  /** Its tags may not be read: it is treated as another owner's. */
  readonly tagsDenied: boolean;
  readonly properties: Properties;
  /** Lifecycle rules that somebody else has added, kept when ours is written. */
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

const WANTED: Properties = {
  ...Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, 'true'])),
  [RULE_PROPERTY]: `after ${ABORT_AFTER_DAYS} day(s)`,
};

/** The lake. An existing bucket that tdd did not create is used as it is and never changed. */
export const bucket: Resource<'bucket', ObservedBucket> = {
  kind: 'bucket',
  nameOf: (names) => names.bucket,

  /**
   * @throws {UserError} when it may not be read: another account's, or a missing permission.
   * @throws {UsageError} when it is in another region than the deployment.
   */
  async observe({ clients: { s3 } }, names) {
    const region = await readRegion(s3, names.bucket);
    if (region === 'absent') return undefined;
    if (region !== undefined && region !== names.region) {
      throw new UsageError(
        `The bucket ${JSON.stringify(names.bucket)} is in ${region} and the deployment in ${names.region}: set AWS_REGION=${region}, or choose another bucket.`,
      );
    }
    const tags = await readTags(s3, names.bucket);
    const ours = tags !== 'denied' && tags.get(STACK_TAG) === names.stack;
    if (!ours) return { region, ours, tagsDenied: tags === 'denied', properties: {}, otherRules: [] };
    return { region, ours, tagsDenied: false, ...(await readSettings(s3, names.bucket)) };
  },

  diff: ({ ours, properties }) => (ours ? diffProperties(properties, WANTED) : []),

  steps(found, { names, input }) {
    const changes = found?.changes;
    return [
      !found && { action: 'create', run: (context) => createBucket(context, names, input.region) },
      (!changes || changes.some(({ property }) => property !== RULE_PROPERTY)) && {
        action: 'block public access',
        run: ({ clients: { s3 } }) =>
          s3.send(
            new PutPublicAccessBlockCommand({
              Bucket: names.bucket,
              PublicAccessBlockConfiguration: Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, true])),
            }),
          ),
      },
      (!changes || touches(changes, RULE_PROPERTY)) && {
        action: 'abort unfinished uploads',
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

  action: ({ ours }) => (ours ? undefined : 'unchanged'),

  notes(found) {
    if (!found || found.observed.ours) return [];
    if (!found.observed.tagsDenied) return ['It was not made by tdd: it is used as it is and never changed.'];
    return [
      'Its tags cannot be read (s3:GetBucketTagging is denied), so it is used as it is and never changed.',
    ];
  },

  keptByDestroy: 'It is not touched; --delete-bucket deletes it with all its data.',
  destroyNotes: () => ['All its data goes: movies, reviews, manifests and their earlier versions.'],
  destroy: ({ clients: { s3 }, clock, onProgress, signal }, { name }) =>
    deleteBucketWithData({ s3, clock }, name, { onProgress, signal }),
};

const ABORT_RULE: LifecycleRule = {
  ID: RULE_ID,
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_AFTER_DAYS },
};

type S3 = AwsClients['s3'];

/** Creates the bucket in its region, with our tag. */
async function createBucket(context: StepContext, names: DeploymentNames, region: string): Promise<void> {
  const { s3 } = context.clients;
  const tag = { Key: STACK_TAG, Value: names.stack };
  const command = new CreateBucketCommand({
    Bucket: names.bucket,
    CreateBucketConfiguration: {
      Tags: [tag],
      // The default region has no constraint: S3 refuses its name here. A region newer than the SDK is not in its list.
      ...(region === 'us-east-1' ? {} : { LocationConstraint: region as BucketLocationConstraint }),
    },
  });
  try {
    // S3 needs a while after a bucket of this name was deleted.
    await retryWhile(
      context,
      { timeoutMs: 120_000, intervalMs: 5_000 },
      (error) => isServiceError(error, 'OperationAborted'),
      () => s3.send(command),
    );
  } catch (error) {
    if (!isServiceError(error, 'BucketAlreadyExists')) throw error;
    throw new UserError(
      `The bucket name ${JSON.stringify(names.bucket)} is taken by another AWS account (names are unique in the world): choose another with --datalake-bucket-name.`,
      { cause: error },
    );
  }
  // Emulators may ignore tags in CreateBucket.
  const tags = await readTags(s3, names.bucket);
  if (tags !== 'denied' && tags.get(STACK_TAG) === undefined) {
    await s3.send(new PutBucketTaggingCommand({ Bucket: names.bucket, Tagging: { TagSet: [tag] } }));
  }
}

async function readSettings(
  s3: S3,
  Bucket: string,
): Promise<Pick<ObservedBucket, 'properties' | 'otherRules'>> {
  const access = await undefinedIfNotFound(
    s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    'NoSuchPublicAccessBlockConfiguration',
  );
  const lifecycle = await undefinedIfNotFound(
    s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    'NoSuchLifecycleConfiguration',
  );
  const rules = lifecycle?.Rules ?? [];
  const flags = access?.PublicAccessBlockConfiguration ?? {};
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
    ...(rule.Status === 'Enabled' ? [] : ['switched off']),
    ...(prefix === '' ? [] : [`only ${prefix}`]),
  ];
  return [`after ${days} day(s)`, ...notes].join(', ');
}

async function readRegion(s3: S3, bucketName: string): Promise<string | undefined | 'absent'> {
  try {
    return regionName((await s3.send(new HeadBucketCommand({ Bucket: bucketName }))).BucketRegion);
  } catch (error) {
    if (error instanceof DeniedError) {
      throw new UserError(
        `The bucket ${JSON.stringify(bucketName)} answers 403: it is another account's, or s3:ListBucket is denied to the identity that this runs as: choose another name, or get that permission.`,
        { cause: error },
      );
    }
    if (httpStatusOf(error) === 404) return 'absent';
    // A bucket of another region answers with a redirect that names it.
    const region = responseHeader(error, 'x-amz-bucket-region');
    if (region !== undefined) return regionName(region);
    throw error;
  }
}

/** S3's own old name for a region. */
function regionName(region: string | undefined): string | undefined {
  return region === 'EU' ? 'eu-west-1' : region;
}

async function readTags(s3: S3, Bucket: string): Promise<ReadonlyMap<string, string> | 'denied'> {
  try {
    const answer = await undefinedIfNotFound(
      s3.send(new GetBucketTaggingCommand({ Bucket })),
      'NoSuchTagSet',
    );
    return new Map((answer?.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
  } catch (error) {
    if (error instanceof DeniedError) return 'denied';
    throw error;
  }
}
