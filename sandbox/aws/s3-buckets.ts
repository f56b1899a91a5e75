import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { type S3Deps, xmlAnswer } from './s3-call.ts';
import { ACCOUNT_ID, type Bucket } from './world.ts';
import { readXmlElements, readXmlTexts, toXml } from './xml.ts';

/** The supported settings by query parameter, with S3's error for a missing setting. */
const SETTINGS: Readonly<Record<string, { code: string; message: string }>> = {
  tagging: { code: 'NoSuchTagSet', message: 'The TagSet does not exist' },
  lifecycle: { code: 'NoSuchLifecycleConfiguration', message: 'The lifecycle configuration does not exist' },
  encryption: {
    code: 'ServerSideEncryptionConfigurationNotFoundError',
    message: 'The server side encryption configuration was not found',
  },
  publicAccessBlock: {
    code: 'NoSuchPublicAccessBlockConfiguration',
    message: 'The public access block configuration was not found',
  },
};

/** The default of every bucket created since April 2023. https://aws.amazon.com/blogs/aws/heads-up-amazon-s3-security-changes-are-coming-in-april-of-2023/ */
const ALL_BLOCKED = toXml('PublicAccessBlockConfiguration', {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
});

/** CreateBucket, HeadBucket, DeleteBucket, and a bucket's settings. */
export function handleBucket(
  deps: S3Deps,
  call: AwsCall,
  name: string,
  bucket: Bucket | undefined,
): AwsAnswer {
  if (!bucket) return createBucket(deps, call, name);
  const setting = Object.keys(SETTINGS).find((query) => call.url.searchParams.has(query));
  if (setting) return handleSetting(call, bucket, setting);
  if (call.method === 'HEAD') return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } };
  if (call.method === 'DELETE' && call.url.searchParams.size <= 1) return deleteBucket(deps, name);
  throw new AwsError(
    501,
    'NotImplemented',
    `The sandbox does not implement ${call.method} ${call.url.search} of a bucket.`,
  );
}

function createBucket({ world, files, now }: S3Deps, call: AwsCall, name: string): AwsAnswer {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new AwsError(400, 'InvalidBucketName', 'The specified bucket is not valid.');
  }
  checkNamespace(call, name);
  const body = call.body.toString();
  const region = readXmlTexts(body, 'LocationConstraint')[0] || 'us-east-1';
  if (region !== call.region) {
    throw new AwsError(
      400,
      'IllegalLocationConstraintException',
      `The ${region === 'us-east-1' ? 'unspecified' : region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  const existing = world.buckets[name];
  // Creating a bucket that one already owns succeeds only in us-east-1.
  if (existing && (existing.region !== 'us-east-1' || region !== 'us-east-1')) {
    throw new AwsError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    );
  }
  if (!existing) {
    const tags = readXmlElements(body, 'Tags')[0] ?? readXmlElements(body, 'TagSet')[0];
    const settings: Record<string, string> = { publicAccessBlock: ALL_BLOCKED };
    if (tags) settings.tagging = `<Tagging><TagSet>${tags}</TagSet></Tagging>`;
    world.buckets[name] = { region, createdAt: now(), settings };
    files.createBucket(name);
  }
  return { status: 200, headers: { location: `/${name}` } };
}

/**
 * Rejects a name of an account's own namespace without the header, and the reverse.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
 */
function checkNamespace(call: AwsCall, name: string): void {
  const isRegional = /-\d{12}-[a-z0-9-]+-an$/.test(name);
  const isAsked = call.headers['x-amz-bucket-namespace'] === 'account-regional';
  if (isRegional && !isAsked) {
    throw new AwsError(
      400,
      'MissingNamespaceHeader',
      'The requested bucket is an account-regional namespace bucket, but your request is missing the required x-amz-bucket-namespace header.',
    );
  }
  if (isAsked && !name.endsWith(`-${ACCOUNT_ID}-${call.region}-an`)) {
    throw new AwsError(
      400,
      'InvalidNamespaceHeader',
      'The x-amz-bucket-namespace header is not valid for this bucket name.',
    );
  }
}

function deleteBucket({ world, files, uploads }: S3Deps, name: string): AwsAnswer {
  if (!files.list(name, '', '').next().done || uploads.of(name).length > 0) {
    throw new AwsError(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
  }
  files.removeBucket(name);
  delete world.buckets[name];
  return { status: 204 };
}

function handleSetting(call: AwsCall, bucket: Bucket, setting: string): AwsAnswer {
  switch (call.method) {
    case 'PUT':
      bucket.settings[setting] = call.body.toString();
      return { status: setting === 'tagging' ? 204 : 200 };
    case 'DELETE':
      delete bucket.settings[setting];
      return { status: 204 };
    default: {
      const kept = bucket.settings[setting];
      const absent = SETTINGS[setting];
      if (kept === undefined) throw new AwsError(404, absent?.code ?? '', absent?.message ?? '');
      return xmlAnswer(kept);
    }
  }
}
