import {
  type AttachedPolicy,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { DeployClients } from '../../aws/clients.ts';
import { orAbsent } from '../../aws/errors.ts';
import { type Change, change, diffProperties } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { canonicalJson, INLINE_POLICY_NAME, inlinePolicy, trustPolicy } from './policy.ts';

/** A role as it is. */
export interface ObservedRole {
  readonly arn: string;
  readonly ours: boolean;
  readonly tag: string | undefined;
  readonly createdAt: Date | undefined;
  /** Parsed; `undefined` when it cannot be. */
  readonly trustPolicy: unknown;
  /** Our inline policy, parsed. */
  readonly inlinePolicy: unknown;
  /** The names of inline policies beside ours. */
  readonly otherInlinePolicies: readonly string[];
  /** The ARNs of managed policies. */
  readonly managedPolicies: readonly string[];
}

/** Reads the function's role, or `undefined` when there is none. */
export async function observeRole(
  { iam }: Pick<DeployClients, 'iam'>,
  names: DeploymentNames,
): Promise<ObservedRole | undefined> {
  const RoleName = names.role;
  const answer = await orAbsent(iam.send(new GetRoleCommand({ RoleName })), ABSENT);
  const role = answer?.Role;
  if (!role) return undefined;
  const inlineNames = await listInlinePolicies(iam, RoleName);
  const inline = inlineNames.includes(INLINE_POLICY_NAME)
    ? await orAbsent(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: INLINE_POLICY_NAME })), ABSENT)
    : undefined;
  const managed = await listManagedPolicies(iam, RoleName);
  const tag = role.Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
  return {
    arn: role.Arn ?? names.roleArn,
    ours: tag === names.stack,
    tag,
    createdAt: role.CreateDate,
    trustPolicy: parsePolicy(role.AssumeRolePolicyDocument),
    inlinePolicy: parsePolicy(inline?.PolicyDocument),
    otherInlinePolicies: inlineNames.filter((name) => name !== INLINE_POLICY_NAME),
    managedPolicies: managed.flatMap(({ PolicyArn }) => (PolicyArn === undefined ? [] : [PolicyArn])),
  };
}

/** What differs: the tag, who may take the role on, and what it may do, statement by statement. */
export function diffRole(observed: ObservedRole, names: DeploymentNames): Change[] {
  return [
    ...diffProperties({ [STACK_TAG]: observed.tag }, { [STACK_TAG]: names.stack }),
    ...diffProperties(
      { [TRUST_PROPERTY]: canonicalJson(observed.trustPolicy ?? null) },
      { [TRUST_PROPERTY]: canonicalJson(trustPolicy()) },
    ),
    ...diffPolicy(observed.inlinePolicy, inlinePolicy(names)),
    ...observed.otherInlinePolicies.map((name) =>
      change(`${OTHER_INLINE_PROPERTY}${name}`, 'there', undefined),
    ),
    ...observed.managedPolicies.map((arn) => change(`${MANAGED_PROPERTY}${arn}`, 'attached', undefined)),
  ];
}

/** The properties of a role's changes; the last three are followed by a name. */
export const TRUST_PROPERTY = 'AssumeRolePolicy';
export const POLICY_PROPERTY = `Policy ${INLINE_POLICY_NAME} `;
export const OTHER_INLINE_PROPERTY = 'Inline policy ';
export const MANAGED_PROPERTY = 'Managed policy ';

/** Makes the role, without any permission yet. @returns its ARN. */
export async function createRole(
  { iam }: Pick<DeployClients, 'iam'>,
  names: DeploymentNames,
): Promise<string> {
  const answer = await iam.send(
    new CreateRoleCommand({
      RoleName: names.role,
      Path: names.rolePath,
      AssumeRolePolicyDocument: JSON.stringify(trustPolicy()),
      Description: `What the workers of ${names.stack} may do.`,
      Tags: [{ Key: STACK_TAG, Value: names.stack }],
    }),
  );
  return answer.Role?.Arn ?? names.roleArn;
}

export async function tagRole({ iam }: Pick<DeployClients, 'iam'>, names: DeploymentNames): Promise<void> {
  await iam.send(
    new TagRoleCommand({ RoleName: names.role, Tags: [{ Key: STACK_TAG, Value: names.stack }] }),
  );
}

export async function putTrustPolicy(
  { iam }: Pick<DeployClients, 'iam'>,
  names: DeploymentNames,
): Promise<void> {
  await iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: names.role,
      PolicyDocument: JSON.stringify(trustPolicy()),
    }),
  );
}

export async function putInlinePolicy(
  { iam }: Pick<DeployClients, 'iam'>,
  names: DeploymentNames,
): Promise<void> {
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: names.role,
      PolicyName: INLINE_POLICY_NAME,
      PolicyDocument: JSON.stringify(inlinePolicy(names)),
    }),
  );
}

/** Takes a managed policy from a role. What is gone already is fine. */
export async function detachManagedPolicy(
  { iam }: Pick<DeployClients, 'iam'>,
  role: string,
  policyArn: string,
): Promise<void> {
  await orAbsent(iam.send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn })), ABSENT);
}

/** Deletes an inline policy. What is gone already is fine. */
export async function deleteInlinePolicy(
  { iam }: Pick<DeployClients, 'iam'>,
  role: string,
  policyName: string,
): Promise<void> {
  await orAbsent(iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: policyName })), ABSENT);
}

const ABSENT = 'NoSuchEntityException';

function diffPolicy(observed: unknown, wanted: ReturnType<typeof inlinePolicy>): Change[] {
  const before = statementsOf(observed);
  const after = statementsOf(wanted);
  const sids = new Set([...after.keys(), ...before.keys()]);
  return [...sids].flatMap((sid) =>
    before.get(sid) === after.get(sid)
      ? []
      : [change(`${POLICY_PROPERTY}${sid}`, before.get(sid), after.get(sid))],
  );
}

/** A policy's statements as text, by their ids (or numbers, where they have none). */
function statementsOf(policy: unknown): Map<string, string> {
  const statements = (policy as { Statement?: unknown } | undefined)?.Statement ?? [];
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return new Map(
    list.map((statement, index) => {
      const sid = (statement as { Sid?: unknown }).Sid;
      return [typeof sid === 'string' ? sid : `#${index + 1}`, canonicalJson(statement)] as const;
    }),
  );
}

/** IAM gives policies percent-encoded. */
function parsePolicy(document: string | undefined): unknown {
  if (document === undefined) return undefined;
  try {
    return JSON.parse(decodeURIComponent(document));
  } catch {
    return undefined;
  }
}

async function listInlinePolicies(iam: DeployClients['iam'], RoleName: string): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListRolePoliciesCommand({ RoleName, Marker }));
    names.push(...(page.PolicyNames ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
  } while (Marker !== undefined);
  return names;
}

async function listManagedPolicies(iam: DeployClients['iam'], RoleName: string): Promise<AttachedPolicy[]> {
  const policies: AttachedPolicy[] = [];
  let Marker: string | undefined;
  do {
    const page = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName, Marker }));
    policies.push(...(page.AttachedPolicies ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
  } while (Marker !== undefined);
  return policies;
}
