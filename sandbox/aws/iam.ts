import { randomBytes, randomUUID } from 'node:crypto';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { MANAGED_POLICIES, readPolicy } from './iam-policy.ts';
import { ACCOUNT_ID, type Role, type World } from './world.ts';
import { toXml, type XmlValue } from './xml.ts';

interface IamDeps {
  readonly world: World;
  readonly now: () => number;
}

/** A call's parameters: `Tags.member.1.Key` and so on. */
type IamInput = Readonly<Record<string, string>>;

/** The operations of IAM by name. */
type IamActions = Readonly<Record<string, (deps: IamDeps, input: IamInput) => XmlValue>>;

/** Handles the calls of IAM that manage roles and their policies. */
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

/** @param callerArn the owner of the key that signed the call. */
export function handleSts(call: AwsCall, callerArn: string): AwsAnswer {
  const action = new URLSearchParams(call.body.toString()).get('Action') ?? '';
  if (action !== 'GetCallerIdentity') {
    throw new AwsError(400, 'InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
  }
  return answerQuery(action, { Arn: callerArn, UserId: call.accessKeyId, Account: ACCOUNT_ID });
}

/** Formats a response in the Query protocol: `<XResponse><XResult>…`. */
function answerQuery(action: string, result: XmlValue): AwsAnswer {
  const body = toXml(`${action}Response`, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: randomUUID() },
  });
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

/** The operations on a role's inline policies and attached managed policies. */
const ROLE_POLICY_ACTIONS: IamActions = {
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
      boundary: input.PermissionsBoundary,
      policies: {},
      attached: [],
      changedAt: now(),
    };
    world.roles[name] = role;
    return { Role: describeRole(role) };
  },
  GetRole: ({ world }, input) => ({ Role: describeRole(findRole(world, input)) }),
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
  PutRolePermissionsBoundary({ world, now }, input) {
    const role = findRole(world, input);
    role.boundary = input.PermissionsBoundary;
    role.changedAt = now();
    return '';
  },
  ...ROLE_POLICY_ACTIONS,
  TagRole({ world }, input) {
    Object.assign(findRole(world, input).tags, readTags(input));
    return '';
  },
  UntagRole({ world }, input) {
    const { tags } = findRole(world, input);
    for (const [name, key] of Object.entries(input)) if (name.startsWith('TagKeys.member.')) delete tags[key];
    return '';
  },
};

function describeRole(role: Role): XmlValue {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt).toISOString(),
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    Tags: toTagList(role.tags),
    ...(role.boundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: role.boundary,
          },
        }),
  };
}

function toTagList(tags: Readonly<Record<string, string>>): XmlValue {
  return { member: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

function readTags(input: IamInput): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let at = 1; input[`Tags.member.${at}.Key`] !== undefined; at++) {
    tags[input[`Tags.member.${at}.Key`] ?? ''] = input[`Tags.member.${at}.Value`] ?? '';
  }
  return tags;
}

/** @throws {AwsError} NoSuchEntity. */
function findRole(world: World, input: IamInput): Role {
  const role = world.roles[input.RoleName ?? ''];
  if (role) return role;
  throw new AwsError(404, 'NoSuchEntity', `The role with name ${input.RoleName} cannot be found.`);
}

function findPolicy(role: Role, input: IamInput): string {
  const document = role.policies[input.PolicyName ?? ''];
  if (document !== undefined) return document;
  throw new AwsError(404, 'NoSuchEntity', `The role policy with name ${input.PolicyName} cannot be found.`);
}
