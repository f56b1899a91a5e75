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
import type { DeployClients } from '../../aws/clients.ts';
import { DeniedError, httpStatusOf, isServiceError, orAbsent, responseHeader } from '../../aws/errors.ts';
import type { Clock } from '../../clock.ts';
import { UsageError, UserError } from '../../errors.ts';
import { type Change, diffProperties, type Properties } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { retryWhile } from '../wait.ts';

/** A bucket as it is. Of one that is not ours, or is elsewhere, nothing more than its region is looked at. */
export interface ObservedBucket {
  readonly region: string | undefined;
  /** Is it in another region than the deployment? Only that region's endpoint tells more of it. */
  readonly elsewhere: boolean;
  /** Does it carry our tag? */
  readonly ours: boolean;
  /** May its tags not be read? It is taken for somebody else's then. */
  readonly tagsDenied: boolean;
  readonly properties: Properties;
  /** Rules that somebody else has added, kept when ours is written. */
  readonly otherRules: readonly LifecycleRule[];
}

const RULE_ID = 'tdd-abort-unfinished-uploads';
const ABORT_AFTER_DAYS = 1;

/**
 * Reads a bucket's state.
 * @throws {UserError} when it cannot be looked at: another account's, or one's own permission is missing.
 */
export async function observeBucket(
  { s3 }: Pick<DeployClients, 's3'>,
  names: DeploymentNames,
): Promise<ObservedBucket | undefined> {
  const region = await readRegion(s3, names.bucket);
  if (region === 'absent') return undefined;
  const elsewhere = region !== undefined && region !== names.region;
  const unknown = { region, elsewhere, ours: false, tagsDenied: false, properties: {}, otherRules: [] };
  if (elsewhere) return unknown;
  const tags = await readTags(s3, names.bucket);
  const ours = tags !== 'denied' && tags.get(STACK_TAG) === names.stack;
  if (!ours) return { ...unknown, tagsDenied: tags === 'denied' };
  const access = await orAbsent(
    s3.send(new GetPublicAccessBlockCommand({ Bucket: names.bucket })),
    'NoSuchPublicAccessBlockConfiguration',
  );
  const lifecycle = await orAbsent(
    s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: names.bucket })),
    'NoSuchLifecycleConfiguration',
  );
  const rules = lifecycle?.Rules ?? [];
  const flags = access?.PublicAccessBlockConfiguration ?? {};
  return {
    ...unknown,
    ours,
    properties: {
      ...Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, String(flags[flag] ?? false)])),
      [RULE_PROPERTY]: describeRule(rules.find((rule) => rule.ID === RULE_ID)),
    },
    otherRules: rules.filter((rule) => rule.ID !== RULE_ID),
  };
}

/** @throws {UsageError} for a bucket in another region than the deployment. */
export function refuseElsewhere(bucket: ObservedBucket | undefined, names: DeploymentNames): void {
  if (!bucket?.elsewhere) return;
  throw new UsageError(
    `The bucket ${JSON.stringify(names.bucket)} is in ${bucket.region} and the deployment in ${names.region}: set AWS_REGION=${bucket.region}, or choose another bucket.`,
  );
}

/** What differs from how a bucket of ours shall be; nothing for one that is not ours. */
export function diffBucket(observed: ObservedBucket): Change[] {
  return observed.ours ? diffProperties(observed.properties, WANTED) : [];
}

/** Makes the bucket, with our tag and its region. */
export async function createBucket(
  { s3, clock }: { readonly s3: DeployClients['s3']; readonly clock: Clock },
  names: DeploymentNames,
  region: string,
  onWait?: () => void,
): Promise<void> {
  const tag = { Key: STACK_TAG, Value: names.stack };
  const command = new CreateBucketCommand({
    Bucket: names.bucket,
    CreateBucketConfiguration: {
      Tags: [tag],
      // The default region has no constraint: S3 refuses its name here.
      ...(region === 'us-east-1' ? {} : { LocationConstraint: locationConstraint(region) }),
    },
  });
  try {
    // S3 needs a while after a bucket of this name was deleted.
    await retryWhile(
      { clock, timeoutMs: 120_000, intervalMs: 5_000, onWait },
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
  // An older stand-in for S3 overlooks tags in the creating call.
  const tags = await readTags(s3, names.bucket);
  if (tags !== 'denied' && tags.get(STACK_TAG) === undefined) {
    await s3.send(new PutBucketTaggingCommand({ Bucket: names.bucket, Tagging: { TagSet: [tag] } }));
  }
}

/** Blocks all public access. */
export async function blockPublicAccess(
  { s3 }: Pick<DeployClients, 's3'>,
  names: DeploymentNames,
): Promise<void> {
  await s3.send(
    new PutPublicAccessBlockCommand({
      Bucket: names.bucket,
      PublicAccessBlockConfiguration: Object.fromEntries(ACCESS_FLAGS.map((flag) => [flag, true])),
    }),
  );
}

/** Has unfinished uploads aborted after a day; rules that somebody else has added stay. */
export async function abortUnfinishedUploads(
  { s3 }: Pick<DeployClients, 's3'>,
  names: DeploymentNames,
  otherRules: readonly LifecycleRule[],
): Promise<void> {
  const rule: LifecycleRule = {
    ID: RULE_ID,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_AFTER_DAYS },
  };
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: names.bucket,
      LifecycleConfiguration: { Rules: [...otherRules, rule] },
    }),
  );
}

/** The property that {@link abortUnfinishedUploads} sets. */
export const RULE_PROPERTY = 'AbortIncompleteMultipartUpload';

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

async function readRegion(s3: DeployClients['s3'], bucket: string): Promise<string | undefined | 'absent'> {
  try {
    return regionName((await s3.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion);
  } catch (error) {
    if (error instanceof DeniedError) {
      throw new UserError(
        `The bucket ${JSON.stringify(bucket)} answers 403: it is another account's, or s3:ListBucket is denied to the identity that this runs as: choose another name, or get that permission.`,
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

async function readTags(
  s3: DeployClients['s3'],
  bucket: string,
): Promise<ReadonlyMap<string, string> | 'denied'> {
  try {
    const answer = await orAbsent(s3.send(new GetBucketTaggingCommand({ Bucket: bucket })), 'NoSuchTagSet');
    return new Map((answer?.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
  } catch (error) {
    if (error instanceof DeniedError) return 'denied';
    throw error;
  }
}

function locationConstraint(region: string): BucketLocationConstraint {
  // A region that is newer than the SDK is not in its list, and S3 knows it all the same.
  return region as BucketLocationConstraint;
}
