import { toOneLine } from '../text.ts';

/** What AWS reports about a denied call. */
export interface Denial {
  /** The action that is denied, which may be another than the called one: `kms:GenerateDataKey`. */
  readonly action?: string | undefined;
  /** The ARN of the resource. */
  readonly resource?: string | undefined;
  /** The kind of policy that decided: `service control policy`. */
  readonly policy?: string | undefined;
  /** Whether the policy denies the action; otherwise it does not allow it. */
  readonly isExplicit: boolean;
  /** The ARN of the policy. */
  readonly policyArn?: string | undefined;
}

/**
 * Reads the message of a denied call.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
export function parseDenial(message: string): Denial {
  const text = toOneLine(message, 2_000);
  // CloudWatch Logs has its own wording: https://github.com/DataDog/cloudformation-template/pull/61.
  const action = /(?:not authorized to perform: |An additional permission ")([\w-]+:\w+)/.exec(text)?.[1];
  const resource = /on resource: "?(arn:[^\s"]+)/.exec(text)?.[1];
  const explicit = /with an explicit deny in (?:an?|the) ([\w -]+?(?:policy|boundary))(?:: (arn:\S+))?/i.exec(
    text,
  );
  const implicit = /because no ([\w -]+?(?:polic(?:y|ies)|boundar(?:y|ies))) allows?/i.exec(text);
  // The wording of KMS.
  const isUnknownKey = /because the resource does not exist in this Region/i.test(text);
  const policy =
    explicit?.[1] ?? implicit?.[1]?.replace(/ies$/, 'y') ?? (isUnknownKey ? 'key policy' : undefined);
  return { action, resource, policy, isExplicit: explicit !== null, policyArn: explicit?.[2] };
}

/**
 * Describes a denied call.
 * @param call.actions the actions that the call needs.
 * @param call.subject the resource of the call, as messages name it.
 * @returns the problem as a clause, and what to do.
 */
export function describeDenial(
  denial: Denial,
  {
    actions,
    subject,
    reason,
  }: { readonly actions: readonly string[]; readonly subject: string | undefined; readonly reason: string },
): { readonly problem: string; readonly advice: string } {
  const what = actions.length === 0 ? `a call (${reason})` : actions.join(' or ');
  const isOfKey = denial.action?.startsWith('kms:') === true;
  const place = isOfKey && denial.resource !== undefined ? `the KMS key ${denial.resource}` : subject;
  return {
    problem: `AWS denied ${what}${place === undefined ? '' : ` on ${place}`}${decisionOf(denial)}`,
    advice: adviceOn(denial, actions, isOfKey),
  };
}

/** The part of the sentence that names the policy, in AWS's words. */
function decisionOf({ policy, isExplicit, policyArn }: Denial): string {
  if (policy === undefined) return '';
  if (policy === 'key policy')
    return ', because the key does not exist in this region or its policy does not allow it';
  if (!isExplicit) return `, because no ${policy} allows it`;
  const article = /^[aeiou]/i.test(policy) ? 'an' : 'a';
  return ` with an explicit deny in ${article} ${policy}${policyArn === undefined ? '' : ` (${policyArn})`}`;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const NEEDS_NO_PERMISSION = /^sts:GetCallerIdentity$/;

/** The resources that have a policy of their own, by service. */
const RESOURCES: Readonly<Record<string, string>> = {
  s3: 'the bucket',
  sqs: 'the queue',
  lambda: 'the function',
  kms: 'the key',
};

function adviceOn(
  { policy = '', isExplicit, action }: Denial,
  actions: readonly string[],
  isOfKey: boolean,
): string {
  const resource = `the policy of ${RESOURCES[actions[0]?.split(':')[0] ?? ''] ?? 'the resource'}`;
  const permissions = actions.length > 1 ? 'these permissions' : 'this permission';
  if (/(service|resource) control policy/.test(policy)) {
    return `no policy in the account can allow it: ask the administrator of the organization to change the ${policy}`;
  }
  if (/boundary/.test(policy)) {
    return 'granting the permission is not enough: ask the administrator of the account to change the permissions boundary of the user or role in use';
  }
  if (/session policy/.test(policy)) {
    return 'granting the permission is not enough: sign in with a session whose policy allows it';
  }
  if (/endpoint policy/i.test(policy)) {
    return 'change the policy of the VPC endpoint through which this network reaches AWS, or use another network';
  }
  if (policy === 'key policy') {
    return `check that the key exists in this region, and allow it in ${resource} to the user or role in use`;
  }
  if (/resource-based/.test(policy)) {
    return isExplicit
      ? `remove the denial from ${resource}`
      : `allow it in ${resource} to the user or role in use`;
  }
  if (isExplicit) {
    return 'granting the permission is not enough: remove the denial from the policies of the user or role in use';
  }
  if (NEEDS_NO_PERMISSION.test(actions.join())) {
    return 'this call needs no permission, so a service control policy or a session policy denies it: ask the administrator of the account';
  }
  if (isOfKey) {
    return `grant this permission to the user or role in use (the data is encrypted with this key), and check ${resource}`;
  }
  const grant = `grant ${permissions} to the user or role in use (docs/iam.md lists all required permissions)`;
  // S3 explains its decision only within an organization.
  const isUnexplained = action === undefined && actions.some((name) => name.startsWith('s3:'));
  return isUnexplained
    ? `${grant}; if it has ${permissions === 'this permission' ? 'it' : 'them'}, the policy of the bucket denies access, or the bucket belongs to another account`
    : grant;
}

/** Codes that S3 answers with status 400 or 403, with what to do. The message of S3 says what is wrong. */
const CODE_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(AccountProblem|NotSignedUp|InvalidPayer)$/, 'check the billing and the state of the AWS account'],
  [/^AllAccessDisabled$/, 'ask AWS Support why access is disabled'],
  [/^KMS\./, "check the KMS key in the bucket's default encryption: enable it, or choose another key"],
  [/^InvalidAccessPoint/, 'use the name of a bucket, or check the access point'],
  [/^InvalidObjectState$/, 'the object is archived: restore it in S3'],
  [/^AccessControlListNotSupported$/, "check the bucket's Object Ownership"],
];

/** The reason of a call that a service does not offer in a region. */
export const NOT_OFFERED = /Unable to determine service\/operation name to be authorized/;

/** Reasons of Lambda, with what to do. */
const REASON_ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /cannot be assumed by Lambda|execution role does not have permissions/,
    'wait a few minutes, because a new role takes time to reach Lambda, and run the command again; if it still fails, check the policies of the role',
  ],
  [NOT_OFFERED, 'the service does not offer this call in the region in use: choose another region'],
];

/** What to do about an error, other than a missing permission, whose code or reason says enough. */
export function adviceOnError(code: string | undefined, reason: string): string | undefined {
  const advice =
    CODE_ADVICE.find(([pattern]) => pattern.test(code ?? '')) ??
    REASON_ADVICE.find(([pattern]) => pattern.test(reason));
  return advice?.[1];
}
