import { randomBytes } from 'node:crypto';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { readPolicy } from './iam-policy.ts';
import {
  findRole,
  type IamActions,
  type IamDeps,
  type IamInput,
  ROLE_POLICY_ACTIONS,
} from './iam-role-policies.ts';
import { answerQuery } from './query-answer.ts';
import { ACCOUNT_ID, type Role } from './world.ts';
import type { XmlValue } from './xml.ts';

/** The part of IAM that has to do with roles and their policies. */
export function handleIam(deps: IamDeps, call: AwsCall): AwsAnswer {
  const input: IamInput = Object.fromEntries(new URLSearchParams(call.body.toString()));
  const action = ACTIONS[input.Action ?? ''];
  if (!action) {
    throw new AwsError(
      400,
      'InvalidAction',
      `Could not find operation ${input.Action} for version 2010-05-08`,
    );
  }
  return answerQuery(input.Action ?? '', action(deps, input));
}

const ACTIONS: IamActions = {
  CreateRole({ world, now }, input) {
    const name = input.RoleName ?? '';
    const path = input.Path ?? '/';
    if (!/^[\w+=,.@-]{1,64}$/.test(name) || !/^\/(?:[\x21-\x7e]+\/)?$/.test(path)) {
      throw new AwsError(400, 'ValidationError', `The role name ${name} or the path ${path} is invalid.`);
    }
    if (world.roles[name]) {
      throw new AwsError(409, 'EntityAlreadyExists', `Role with name ${name} already exists.`);
    }
    readPolicy(input.AssumeRolePolicyDocument ?? '');
    const role: Role = {
      roleId: `AROA${randomBytes(9).toString('hex').slice(0, 17).toUpperCase()}`,
      name,
      path,
      arn: `arn:aws:iam::${ACCOUNT_ID}:role${path}${name}`,
      createdAt: now(),
      description: input.Description,
      trust: input.AssumeRolePolicyDocument ?? '',
      maxSessionSeconds: Number(input.MaxSessionDuration ?? 3600),
      tags: readTags(input),
      policies: {},
      attached: [],
      changedAt: now(),
    };
    world.roles[name] = role;
    return { Role: tellRole(role) };
  },
  GetRole: ({ world }, input) => ({ Role: tellRole(findRole(world, input)) }),
  ListRoles({ world }, input) {
    const roles = Object.values(world.roles).filter((role) => role.path.startsWith(input.PathPrefix ?? '/'));
    return { Roles: { member: roles.map(tellRole) }, IsTruncated: false };
  },
  DeleteRole({ world }, input) {
    const role = findRole(world, input);
    if (role.attached.length > 0) {
      throw new AwsError(409, 'DeleteConflict', 'Cannot delete entity, must detach all policies first.');
    }
    if (Object.keys(role.policies).length > 0) {
      throw new AwsError(409, 'DeleteConflict', 'Cannot delete entity, must delete policies first.');
    }
    delete world.roles[role.name];
    return '';
  },
  UpdateAssumeRolePolicy({ world, now }, input) {
    const role = findRole(world, input);
    readPolicy(input.PolicyDocument ?? '');
    role.trust = input.PolicyDocument ?? '';
    role.trustChangedAt = now();
    role.changedAt = now();
    return '';
  },
  ...ROLE_POLICY_ACTIONS,
  ListInstanceProfilesForRole({ world }, input) {
    findRole(world, input);
    return { InstanceProfiles: '', IsTruncated: false };
  },
  TagRole({ world }, input) {
    Object.assign(findRole(world, input).tags, readTags(input));
    return '';
  },
  UntagRole({ world }, input) {
    const { tags } = findRole(world, input);
    for (const [name, key] of Object.entries(input)) if (name.startsWith('TagKeys.member.')) delete tags[key];
    return '';
  },
  ListRoleTags: ({ world }, input) => ({ Tags: tellTags(findRole(world, input).tags), IsTruncated: false }),
};

function tellRole(role: Role): XmlValue {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt).toISOString(),
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    Tags: tellTags(role.tags),
  };
}

function tellTags(tags: Readonly<Record<string, string>>): XmlValue {
  return { member: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

function readTags(input: IamInput): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let at = 1; input[`Tags.member.${at}.Key`] !== undefined; at++) {
    tags[input[`Tags.member.${at}.Key`] ?? ''] = input[`Tags.member.${at}.Value`] ?? '';
  }
  return tags;
}
