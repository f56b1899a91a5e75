import { GetBucketEncryptionCommand } from '@aws-sdk/client-s3';
import type { AwsClients } from '../../aws/clients.ts';
import { DeniedError, httpStatusOf, undefinedIfNotFound } from '../../aws/errors.ts';
import type { DeploymentNames } from '../names.ts';
import { KEY_ACTIONS } from './policy.ts';

/** The KMS key of a bucket's default encryption. `denied`: the permission to read it is missing. */
export type BucketKey =
  | 'none'
  | 'denied'
  /** `arn` is absent for an alias, which a policy cannot grant. */
  | { readonly given: string; readonly arn?: string };

/**
 * Reads which customer managed KMS key encrypts a bucket by default. S3's own keys (SSE-S3) and the AWS managed key
 * `aws/s3` need no permissions.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
 */
export async function readBucketKey(s3: AwsClients['s3'], names: DeploymentNames): Promise<BucketKey> {
  try {
    const answer = await undefinedIfNotFound(
      s3.send(new GetBucketEncryptionCommand({ Bucket: names.bucket })),
      'ServerSideEncryptionConfigurationNotFoundError',
    );
    const rules = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return toKey(rules[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID, names);
  } catch (error) {
    if (error instanceof DeniedError) return 'denied';
    // Some emulators do not implement this call.
    if (httpStatusOf(error) === 405 || httpStatusOf(error) === 501) return 'none';
    throw error;
  }
}

function toKey(given: string | undefined, { functionArn }: DeploymentNames): BucketKey {
  if (given === undefined || given.endsWith('alias/aws/s3')) return 'none';
  if (/^arn:.*:key\//.test(given)) return { given, arn: given };
  if (given.includes('alias/')) return { given };
  const [, partition, , region, account] = functionArn.split(':');
  return { given, arn: `arn:${partition}:kms:${region}:${account}:key/${given}` };
}

/** What users should know about the key before they confirm a deploy. */
export function noteOfKey(key: BucketKey, { isRoleExternal, role }: DeploymentNames): string[] {
  const actions = KEY_ACTIONS.join(' and ');
  if (key === 'none') return [];
  if (key === 'denied') {
    return [
      `Its encryption cannot be read (s3:GetEncryptionConfiguration is denied). If a KMS key of yours encrypts it, the role ${role} needs ${actions} on that key.`,
    ];
  }
  const encrypted = `It is encrypted with the KMS key ${key.given}`;
  if (isRoleExternal) return [`${encrypted}: the role ${role} needs ${actions} on it.`];
  if (key.arn === undefined) {
    return [
      `${encrypted}, an alias, which a role's policy cannot name: allow the role ${role} ${actions} in the key's policy, or set the bucket's key by its ARN.`,
    ];
  }
  return [
    `${encrypted}: the role ${role} gets ${actions} on it. The key's policy must allow this too, and your own user or role needs the same.`,
  ];
}
