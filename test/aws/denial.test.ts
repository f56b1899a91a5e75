import { describe, expect, test } from 'vitest';
import { DeniedError, explainAwsError } from '../../src/aws/errors.ts';

const WRITE = { doing: 'write s3://films/k', actions: ['s3:PutObject'], bucket: 'films' };
const READ = { doing: 'read s3://films/k', actions: ['s3:GetObject', 's3:ListBucket'], bucket: 'films' };
const USER = 'User: arn:aws:sts::123456789012:assumed-role/worker/films is not authorized to perform:';
const OBJECT = 'on resource: "arn:aws:s3:::films/k"';
const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/1';
const KEY = `on resource: ${KEY_ARN}`;
const SCP_ARN = 'arn:aws:organizations::123456789012:policy/o-1/service_control_policy/p-1';
const NOT_ENOUGH = 'Granting the permission is not enough:';

function explain(code: string, status: number, message: string, call: object = WRITE): string {
  const error = Object.assign(new Error(message), {
    name: code,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
  });
  const explained = explainAwsError(error, call) as Error;
  expect(explained instanceof DeniedError).toBe(code === 'AccessDenied');
  return explained.message;
}

describe('a denied call to S3', () => {
  test.each([
    [
      `${USER} s3:PutObject ${OBJECT} because no identity-based policy allows the s3:PutObject action`,
      'AWS denied s3:PutObject on the bucket "films", because no identity-based policy allows it. Grant this permission to the user or role in use (docs/iam.md lists all required permissions).',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a service control policy`,
      'AWS denied s3:PutObject on the bucket "films" with an explicit deny in a service control policy. No policy in the account can allow it: ask the administrator of the organization to change the service control policy.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a service control policy: ${SCP_ARN}`,
      `with an explicit deny in a service control policy (${SCP_ARN}). No policy in the account`,
    ],
    [
      `${USER} s3:PutObject ${OBJECT} because no service control policy allows the s3:PutObject action`,
      'because no service control policy allows it. No policy in the account can allow it: ask the administrator of the organization to change the service control policy.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a resource control policy`,
      'with an explicit deny in a resource control policy. No policy in the account can allow it: ask the administrator of the organization to change the resource control policy.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a resource-based policy`,
      'with an explicit deny in a resource-based policy. Remove the denial from the policy of the bucket.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} because no resource-based policy allows the s3:PutObject action`,
      'because no resource-based policy allows it. Allow it in the policy of the bucket to the user or role in use.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a permissions boundary`,
      `with an explicit deny in a permissions boundary. ${NOT_ENOUGH} ask the administrator of the account to change the permissions boundary of the user or role in use.`,
    ],
    [
      `${USER} s3:PutObject ${OBJECT} because no permissions boundary allows the s3:PutObject action`,
      `because no permissions boundary allows it. ${NOT_ENOUGH} ask the administrator`,
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a session policy`,
      `with an explicit deny in a session policy. ${NOT_ENOUGH} sign in with a session whose policy allows it.`,
    ],
    [
      `${USER} s3:PutObject ${OBJECT} because no session policy allows the s3:PutObject action`,
      `because no session policy allows it. ${NOT_ENOUGH} sign in with a session`,
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in a VPC endpoint policy`,
      'with an explicit deny in a VPC endpoint policy. Change the policy of the VPC endpoint through which this network reaches AWS, or use another network.',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} because no VPC endpoint policy allows the s3:PutObject action`,
      'because no VPC endpoint policy allows it. Change the policy of the VPC endpoint',
    ],
    [
      `${USER} s3:PutObject ${OBJECT} with an explicit deny in an identity-based policy`,
      `with an explicit deny in an identity-based policy. ${NOT_ENOUGH} remove the denial from the policies of the user or role in use.`,
    ],
    [
      `${USER} kms:GenerateDataKey ${KEY} because no identity-based policy allows the kms:GenerateDataKey action`,
      `AWS denied kms:GenerateDataKey on the KMS key ${KEY_ARN}, because no identity-based policy allows it. Grant this permission to the user or role in use (the data is encrypted with this key), and check the policy of the key.`,
    ],
    [
      `${USER} kms:GenerateDataKey ${KEY} because no resource-based policy allows the kms:GenerateDataKey action`,
      'because no resource-based policy allows it. Allow it in the policy of the key to the user or role in use.',
    ],
    [
      `${USER} kms:Decrypt ${KEY} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
      `AWS denied kms:Decrypt on the KMS key ${KEY_ARN}, because the key does not exist in this region or its policy does not allow it. Check that the key exists in this region, and allow it in the policy of the key to the user or role in use.`,
    ],
    [
      `${USER} kms:GenerateDataKey ${KEY} with an explicit deny in a service control policy`,
      'with an explicit deny in a service control policy. No policy in the account can allow it',
    ],
    [
      'Access Denied',
      'Cannot write s3://films/k: AWS denied s3:PutObject on the bucket "films". Grant this permission to the user or role in use (docs/iam.md lists all required permissions); if it has it, the policy of the bucket denies access, or the bucket belongs to another account.',
    ],
  ])('names the policy that decided: %s', (message, sentence) => {
    expect(explain('AccessDenied', 403, message)).toContain(sentence);
  });

  test('names all permissions that a read needs, when S3 does not say which one is missing', () => {
    expect(explain('AccessDenied', 403, 'Access Denied', READ)).toContain(
      'AWS denied s3:GetObject or s3:ListBucket on the bucket "films". Grant these permissions to the user or role in use (docs/iam.md lists all required permissions); if it has them,',
    );
  });

  test.each([
    ['AccountProblem', 403, 'There is a problem with your AWS account.', 'Check the billing and the state'],
    ['AllAccessDisabled', 403, 'All access to this resource has been disabled.', 'Ask AWS Support'],
    ['NotSignedUp', 403, 'Your account is not signed up for S3.', 'Check the billing'],
    ['InvalidPayer', 403, 'All access to this object has been disabled.', 'Check the billing'],
    ['KMS.DisabledException', 400, `${KEY_ARN} is disabled.`, "Check the KMS key in the bucket's default"],
    ['KMS.KMSInvalidStateException', 400, `${KEY_ARN} is pending deletion.`, 'Check the KMS key'],
    ['KMS.NotFoundException', 400, `Key '${KEY_ARN}' does not exist`, 'Check the KMS key'],
    ['InvalidAccessPoint', 400, 'The specified access point name is not valid.', 'Use the name of a bucket'],
    ['InvalidObjectState', 403, 'The operation is not valid for the object.', 'The object is archived'],
    ['AccessControlListNotSupported', 400, 'The bucket does not allow ACLs', "Check the bucket's Object Own"],
  ])('is not reported as a missing permission for %s (%i)', (code, status, message, advice) => {
    const text = explain(code, status, message);
    expect(text).toContain(
      `AWS rejected s3:PutObject for the bucket "films" (${code}): ${message.replace(/\.$/, '')}. ${advice}`,
    );
    expect(text).not.toContain('permission');
  });
});
