import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  GetBucketTaggingCommand,
  PutBucketTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import type { AwsClients } from '../../aws/clients.ts';
import { DeniedError, isServiceError, undefinedIfNotFound } from '../../aws/errors.ts';

type S3 = AwsClients['s3'];

/** Reads the tags of a bucket. @returns `denied` if the permission is missing. */
export async function readBucketTags(
  s3: S3,
  Bucket: string,
): Promise<ReadonlyMap<string, string> | 'denied'> {
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

/**
 * Creates a bucket with its tag, so that an interrupted deploy finds it as its own. Where CreateBucket rejects or ignores tags,
 * it sets the tag afterwards: in some regions, such as those of the European Sovereign Cloud
 * (https://github.com/hashicorp/terraform-provider-aws/issues/45684), and on servers that are compatible with S3
 * (https://github.com/hashicorp/terraform-provider-aws/pull/47530).
 */
export async function createTaggedBucket(
  s3: S3,
  creation: CreateBucketCommandInput,
  tag: Tag,
): Promise<void> {
  const { Bucket, CreateBucketConfiguration } = creation;
  const configuration = { ...CreateBucketConfiguration, Tags: [tag] };
  try {
    await s3.send(new CreateBucketCommand({ ...creation, CreateBucketConfiguration: configuration }));
  } catch (error) {
    if (!isServiceError(error, 'UnsupportedArgument', 'MalformedXML')) throw error;
    await s3.send(new CreateBucketCommand(creation));
  }
  const tags = await readBucketTags(s3, Bucket ?? '');
  if (tags !== 'denied' && !tags.has(tag.Key ?? '')) {
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [tag] } }));
  }
}
