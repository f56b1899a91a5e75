import { type AwsCall, AwsError } from './aws-call.ts';
import { isAllowed, type Request } from './iam-policy.ts';
import { ACCOUNT_ID, type Role, type World } from './world.ts';

/**
 * Enforces the IAM policy of a function's role. The user's own key has all permissions.
 * @returns a function that maps an error of the call to the one that this caller sees.
 * @throws {AwsError} an access-denied error in the form of the service.
 */
export function authorize(world: World, call: AwsCall): (error: unknown) => unknown {
  const role = roleOfKey(world, call.accessKeyId);
  if (!role || call.service === 'sts') return (error) => error;
  if (role === 'gone') {
    throw new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const request = requestOf(world, call);
  if (!isAllowed(role, request)) throw denial(call, role, request);
  return (error) => {
    if (!(error instanceof AwsError) || error.code !== 'NoSuchKey') return error;
    // Without permission to list, a missing key is reported as access denied.
    const { bucketArn, key } = readS3Path(call);
    const listing = { action: 's3:ListBucket', resource: bucketArn, context: { 's3:prefix': key } };
    return isAllowed(role, listing) ? error : denial(call, role, listing);
  };
}

/** Returns the ARN of the caller: a function's role, or the user. */
export function callerArn(world: World, call: AwsCall): string {
  const role = roleOfKey(world, call.accessKeyId);
  if (!role || role === 'gone') return `arn:aws:iam::${ACCOUNT_ID}:user/sandbox`;
  return `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/sandbox`;
}

/** Returns the IAM action and resource of a call. https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
function requestOf(world: World, call: AwsCall): Request {
  switch (call.service) {
    case 's3':
      return s3Request(call);
    case 'sqs': {
      const { QueueUrl, QueueName } = JSON.parse(call.body.toString() || '{}');
      const name = String(QueueName ?? QueueUrl ?? '')
        .split('/')
        .at(-1);
      return {
        action: `sqs:${targetOf(call).replace(/Batch$/, '')}`,
        resource: `arn:aws:sqs:${call.region}:${ACCOUNT_ID}:${name}`,
      };
    }
    case 'lambda': {
      const tagged = /\/tags\/(.+)$/.exec(decodeURIComponent(call.path))?.[1];
      if (tagged !== undefined) return { action: `lambda:${tagVerb(call.method)}`, resource: tagged };
      const uuid = /event-source-mappings\/([^/]+)/.exec(call.path)?.[1] ?? '';
      const functionArn = world.mappings[uuid]?.functionArn ?? '';
      return {
        action: uuid
          ? `lambda:${mappingVerb(call.method)}EventSourceMapping`
          : `lambda:${call.method}Function`,
        resource: `arn:aws:lambda:${call.region}:${ACCOUNT_ID}:event-source-mapping:${uuid}`,
        context: { 'lambda:FunctionArn': functionArn },
      };
    }
    case 'logs':
      return { action: `logs:${targetOf(call)}`, resource: '*' };
    default:
      return {
        action: `${call.service}:${new URLSearchParams(call.body.toString()).get('Action')}`,
        resource: '*',
      };
  }
}

function s3Request(call: AwsCall): Request {
  const { bucketArn, key } = readS3Path(call);
  if (key === '') {
    const prefix = call.url.searchParams.get('prefix') ?? '';
    const isListing = call.method === 'GET' || call.method === 'HEAD';
    return {
      action: isListing ? 's3:ListBucket' : `s3:${call.method}Bucket`,
      resource: bucketArn,
      context: { 's3:prefix': prefix },
    };
  }
  const isUpload = call.url.searchParams.has('uploadId');
  const actions: Readonly<Record<string, string>> = {
    GET: 's3:GetObject',
    HEAD: 's3:GetObject',
    PUT: 's3:PutObject',
    POST: 's3:PutObject',
    DELETE: isUpload ? 's3:AbortMultipartUpload' : 's3:DeleteObject',
  };
  return { action: actions[call.method] ?? call.method, resource: `${bucketArn}/${key}` };
}

function readS3Path(call: AwsCall): { bucketArn: string; key: string } {
  const [, bucket = '', ...rest] = call.path.split('/');
  return { bucketArn: `arn:aws:s3:::${bucket}`, key: decodeURIComponent(rest.join('/')) };
}

function targetOf(call: AwsCall): string {
  return String(call.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
}

function mappingVerb(method: string): string {
  return { GET: 'Get', PUT: 'Update', DELETE: 'Delete' }[method] ?? method;
}

function tagVerb(method: string): string {
  return { GET: 'ListTags', POST: 'TagResource', DELETE: 'UntagResource' }[method] ?? method;
}

function denial(call: AwsCall, role: Role, { action, resource }: Request): AwsError {
  const who = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/sandbox`;
  const message = `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`;
  if (call.service === 's3' || call.service === 'iam') return new AwsError(403, 'AccessDenied', message);
  const headers = call.service === 'sqs' ? { 'x-amzn-query-error': 'AccessDenied;Sender' } : undefined;
  return new AwsError(call.service === 'logs' ? 400 : 403, 'AccessDeniedException', message, headers);
}

/** Returns the access key ID of a function, which contains the name of the function's role. */
export function roleAccessKeyId(roleArn: string): string {
  return `ASIA${Buffer.from(roleArn).toString('hex').toUpperCase()}`;
}

/** Returns the role that signed the call; `undefined` for the user's key, which has all permissions. */
function roleOfKey(world: World, accessKeyId: string): Role | 'gone' | undefined {
  const hex = /^ASIA((?:[0-9A-F]{2})+)$/.exec(accessKeyId)?.[1];
  const arn = hex === undefined ? '' : Buffer.from(hex, 'hex').toString();
  if (!arn.startsWith('arn:aws:iam::')) return undefined;
  return Object.values(world.roles).find((role) => role.arn === arn) ?? 'gone';
}
