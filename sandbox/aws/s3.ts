import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { handleBucket } from './s3-buckets.ts';
import { type S3Call, type S3Deps, xmlAnswer } from './s3-call.ts';
import { listBucket } from './s3-lists.ts';
import { deleteObjects, getObject, putObject } from './s3-objects.ts';
import { handleUpload } from './s3-uploads.ts';
import type { World } from './world.ts';
import { toXml } from './xml.ts';

/** S3 with path-style addresses, which every SDK uses for an IP address. */
export async function handleS3(deps: S3Deps, call: AwsCall): Promise<AwsAnswer> {
  const [, bucketName = '', ...rest] = call.path.split('/');
  const key = decodeURIComponent(rest.join('/'));
  if (bucketName === '') return listBuckets(deps.world);

  const query = call.url.searchParams;
  if (key === '' && call.method === 'PUT' && ![...query.keys()].some((name) => name !== 'x-id')) {
    return handleBucket(deps, call, bucketName, undefined);
  }
  const bucket = deps.world.buckets[bucketName];
  if (!bucket) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
  if (bucket.region !== call.region) {
    throw new AwsError(
      301,
      'PermanentRedirect',
      `The bucket is in this region: ${bucket.region}. Please use this region to retry the request`,
      { 'x-amz-bucket-region': bucket.region },
    );
  }
  const s3Call: S3Call = { ...call, bucketName, bucket, key };
  if (key === '') {
    if (call.method === 'POST' && query.has('delete')) return deleteObjects(deps, s3Call);
    return listBucket(deps, s3Call) ?? handleBucket(deps, s3Call, bucketName, bucket);
  }
  if (query.has('uploads') || query.has('uploadId')) return handleUpload(deps, s3Call);
  switch (call.method) {
    case 'PUT':
      return putObject(deps, s3Call);
    case 'GET':
    case 'HEAD':
      return getObject(deps, s3Call);
    case 'DELETE':
      deps.files.remove(bucketName, key);
      return { status: 204 };
    default:
      throw new AwsError(
        405,
        'MethodNotAllowed',
        'The specified method is not allowed against this resource.',
      );
  }
}

function listBuckets(world: World): AwsAnswer {
  const Bucket = Object.entries(world.buckets).map(([Name, { createdAt }]) => ({
    Name,
    CreationDate: new Date(createdAt).toISOString(),
  }));
  return xmlAnswer(toXml('ListAllMyBucketsResult', { Owner: { ID: 'sandbox' }, Buckets: { Bucket } }));
}
