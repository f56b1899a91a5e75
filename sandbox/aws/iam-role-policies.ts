import { AwsError } from './aws-call.ts';
import { MANAGED_POLICIES, readPolicy } from './iam-policy.ts';
import type { Role, World } from './world.ts';
import type { XmlValue } from './xml.ts';

export interface IamDeps {
  readonly world: World;
  readonly now: () => number;
}

/** A call's parameters: `Tags.member.1.Key` and so on. */
export type IamInput = Readonly<Record<string, string>>;

/** What IAM does for one call of each name. */
export type IamActions = Readonly<Record<string, (deps: IamDeps, input: IamInput) => XmlValue>>;

/** A role's inline policies, and the managed ones that are attached to it. */
export const ROLE_POLICY_ACTIONS: IamActions = {
  PutRolePolicy({ world, now }, input) {
    const role = findRole(world, input);
    readPolicy(input.PolicyDocument ?? '');
    role.policies[input.PolicyName ?? ''] = input.PolicyDocument ?? '';
    role.changedAt = now();
    return '';
  },
  GetRolePolicy({ world }, input) {
    const role = findRole(world, input);
    return {
      RoleName: role.name,
      PolicyName: input.PolicyName ?? '',
      PolicyDocument: encodeURIComponent(findPolicy(role, input)),
    };
  },
  DeleteRolePolicy({ world, now }, input) {
    const role = findRole(world, input);
    findPolicy(role, input);
    delete role.policies[input.PolicyName ?? ''];
    role.changedAt = now();
    return '';
  },
  ListRolePolicies: ({ world }, input) => ({
    PolicyNames: { member: Object.keys(findRole(world, input).policies) },
    IsTruncated: false,
  }),
  AttachRolePolicy({ world, now }, input) {
    const role = findRole(world, input);
    const arn = input.PolicyArn ?? '';
    if (!MANAGED_POLICIES[arn]) {
      throw new AwsError(404, 'NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`);
    }
    if (!role.attached.includes(arn)) role.attached.push(arn);
    role.changedAt = now();
    return '';
  },
  DetachRolePolicy({ world, now }, input) {
    const role = findRole(world, input);
    const at = role.attached.indexOf(input.PolicyArn ?? '');
    if (at < 0) throw new AwsError(404, 'NoSuchEntity', `Policy ${input.PolicyArn} was not found.`);
    role.attached.splice(at, 1);
    role.changedAt = now();
    return '';
  },
  ListAttachedRolePolicies({ world }, input) {
    const member = findRole(world, input).attached.map((PolicyArn) => ({
      PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1),
      PolicyArn,
    }));
    return { AttachedPolicies: { member }, IsTruncated: false };
  },
};

/** @throws {AwsError} NoSuchEntity. */
export function findRole(world: World, input: IamInput): Role {
  const role = world.roles[input.RoleName ?? ''];
  if (role) return role;
  throw new AwsError(404, 'NoSuchEntity', `The role with name ${input.RoleName} cannot be found.`);
}

function findPolicy(role: Role, input: IamInput): string {
  const document = role.policies[input.PolicyName ?? ''];
  if (document !== undefined) return document;
  throw new AwsError(404, 'NoSuchEntity', `The role policy with name ${input.PolicyName} cannot be found.`);
}
