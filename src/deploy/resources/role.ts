import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AwsClients } from '../../aws/clients.ts';
import { DeniedError, undefinedIfNotFound } from '../../aws/errors.ts';
import { UsageError, UserError } from '../../errors.ts';
import { type Change, change, diffProperties, touches } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { ownerOf } from '../ownership.ts';
import type { ObservedResource, Resource, ResourceRefs, StepContext } from '../resource.ts';
import {
  canonicalJson,
  INLINE_POLICY_NAME,
  inlinePolicy,
  LAKE_KEY_SID,
  trustPolicy,
  trustsLambda,
} from './policy.ts';
import { isPythonRole } from './python-tool.ts';

export interface ObservedRole extends ObservedResource {
  readonly arn: string;
  readonly tag: string | undefined;
  readonly createdAt: Date | undefined;
  readonly description: string | undefined;
  /** The ARN of its permissions boundary. */
  readonly boundary: string | undefined;
  /** Whether the permission to read it is missing, which matters only for an external role. */
  readonly isUnreadable?: true;
  /** Parsed; `undefined` when it is not valid JSON. */
  readonly trustPolicy: unknown;
  /** The inline policy that tdd manages, parsed. */
  readonly inlinePolicy: unknown;
  /** The names of all other inline policies. */
  readonly otherInlinePolicies: readonly string[];
  /** The ARNs of attached managed policies. */
  readonly managedPolicies: readonly string[];
}

const NOT_FOUND = 'NoSuchEntityException';

/** Names of properties in a role's drift; those that end in a space are prefixes. */
const TRUST_PROPERTY = 'AssumeRolePolicy';
const POLICY_PROPERTY = `Policy ${INLINE_POLICY_NAME} `;
const BOUNDARY_PROPERTY = 'PermissionsBoundary';
const OTHER_INLINE_PROPERTY = 'Inline policy ';
const MANAGED_PROPERTY = 'Managed policy ';

/** The function's execution role. */
export const role: Resource<'role', ObservedRole> = {
  kind: 'role',
  nameOf: (names) => names.role,
  namedBy: '--lambda-name',
  overwrites: 'its trust policy and permissions',
  isRecognized: ({ arn, description, otherInlinePolicies, managedPolicies, inlinePolicy: own }, names) =>
    arn === names.roleArn &&
    (description === descriptionOf(names) ||
      isPythonRole({
        description,
        managedPolicies,
        inlinePolicies: [...otherInlinePolicies, ...(own === undefined ? [] : [INLINE_POLICY_NAME])],
      })),

  /** @throws {UserError} when the role of `--role-arn` does not exist, or Lambda may not assume it. */
  async observe({ clients: { iam } }, names) {
    if (names.isRoleExternal) return observeExternalRole(iam, names);
    const RoleName = names.role;
    const found = (await undefinedIfNotFound(iam.send(new GetRoleCommand({ RoleName })), NOT_FOUND))?.Role;
    if (!found) return undefined;
    const inlineNames = await listInlinePolicies(iam, RoleName);
    const command = new GetRolePolicyCommand({ RoleName, PolicyName: INLINE_POLICY_NAME });
    const inline = inlineNames.includes(INLINE_POLICY_NAME)
      ? await undefinedIfNotFound(iam.send(command), NOT_FOUND)
      : undefined;
    const tag = found.Tags?.find(({ Key }) => Key === STACK_TAG)?.Value;
    const policy = parsePolicy(inline?.PolicyDocument);
    return {
      arn: found.Arn ?? names.roleArn,
      owner: ownerOf(names, tag, regionOf(policy, names)),
      tag,
      createdAt: found.CreateDate,
      description: found.Description,
      boundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
      trustPolicy: parsePolicy(found.AssumeRolePolicyDocument),
      inlinePolicy: policy,
      otherInlinePolicies: inlineNames.filter((name) => name !== INLINE_POLICY_NAME),
      managedPolicies: await listManagedPolicies(iam, RoleName),
    };
  },

  refs: ({ arn }) => ({ roleArn: arn }),

  /**
   * Compares the tag, the trust policy, the permissions, statement by statement, and a wanted permissions boundary: one that
   * someone else set is not removed.
   */
  diff(observed, { names, input: { roleBoundary } }, refs) {
    if (observed.owner === 'external') return [];
    return [
      ...diffProperties({ [STACK_TAG]: observed.tag }, { [STACK_TAG]: names.stack }),
      ...diffProperties(
        { [TRUST_PROPERTY]: canonicalJson(observed.trustPolicy ?? null) },
        { [TRUST_PROPERTY]: canonicalJson(trustPolicy()) },
      ),
      ...(roleBoundary === undefined
        ? []
        : diffProperties({ [BOUNDARY_PROPERTY]: observed.boundary }, { [BOUNDARY_PROPERTY]: roleBoundary })),
      ...diffPolicy(observed.inlinePolicy, inlinePolicy(names, lakeKeyOf(observed, refs))),
      ...observed.otherInlinePolicies.map((name) =>
        change(`${OTHER_INLINE_PROPERTY}${name}`, 'present', undefined),
      ),
      ...observed.managedPolicies.map((arn) => change(`${MANAGED_PROPERTY}${arn}`, 'attached', undefined)),
    ];
  },

  steps(found, { names, refs, input: { roleBoundary: PermissionsBoundary } }) {
    if (found?.observed.owner === 'external') return [];
    const RoleName = names.role;
    const Tags = [{ Key: STACK_TAG, Value: names.stack }];
    const setPermissions = {
      action: 'set permissions',
      async run(context: StepContext) {
        const PolicyDocument = JSON.stringify(inlinePolicy(names, lakeKeyOf(found?.observed, refs)));
        const command = new PutRolePolicyCommand({
          RoleName,
          PolicyName: INLINE_POLICY_NAME,
          PolicyDocument,
        });
        await context.clients.iam.send(command);
        context.roleChangedAt = context.clock.monotonic();
      },
    };
    if (!found) {
      const create = {
        action: 'create',
        async run(context: StepContext) {
          const created = await context.clients.iam.send(
            new CreateRoleCommand({
              RoleName,
              Path: names.rolePath,
              AssumeRolePolicyDocument: JSON.stringify(trustPolicy()),
              Description: descriptionOf(names),
              PermissionsBoundary,
              Tags,
            }),
          );
          context.refs.roleArn = created.Role?.Arn ?? names.roleArn;
          context.roleChangedAt = context.clock.monotonic();
        },
      };
      return [create, setPermissions];
    }
    const { observed, changes } = found;
    return [
      touches(changes, STACK_TAG) && {
        action: 'tag',
        run: ({ clients: { iam } }) => iam.send(new TagRoleCommand({ RoleName, Tags })),
      },
      // First, because an account may allow changes only to roles that have its boundary.
      touches(changes, BOUNDARY_PROPERTY) && {
        action: 'set permissions boundary',
        async run(context) {
          const command = new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary });
          await context.clients.iam.send(command);
          context.roleChangedAt = context.clock.monotonic();
        },
      },
      touches(changes, TRUST_PROPERTY) && {
        action: 'set trust policy',
        async run(context) {
          const PolicyDocument = JSON.stringify(trustPolicy());
          await context.clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
          context.roleChangedAt = context.clock.monotonic();
        },
      },
      touches(changes, POLICY_PROPERTY) && setPermissions,
      touches(changes, OTHER_INLINE_PROPERTY, MANAGED_PROPERTY) && {
        action: 'remove other policies',
        run: ({ clients: { iam } }) =>
          removePolicies(iam, RoleName, observed.managedPolicies, observed.otherInlinePolicies),
      },
    ];
  },

  action: ({ owner }) => (owner === 'external' ? 'unchanged' : undefined),

  notes(found, { names, input: { roleBoundary } }) {
    if (!found) return [];
    const { owner, boundary, isUnreadable } = found.observed;
    if (owner === 'external') {
      return [
        `It is managed elsewhere, so tdd uses it without changing it. It must allow what the policy of the worker's role in docs/iam.md allows.`,
        ...(isUnreadable
          ? [
              'It was not checked (iam:GetRole is denied): it must exist, and its trust policy must allow lambda.amazonaws.com to assume it.',
            ]
          : []),
      ];
    }
    if (boundary === undefined || roleBoundary !== undefined) return [];
    return [
      `It has the permissions boundary ${boundary}, which tdd does not remove: "aws iam delete-role-permissions-boundary --role-name ${names.role}" does.`,
    ];
  },

  /** IAM deletes a role only when it has no policies. */
  async destroy({ clients: { iam } }, { name: RoleName }) {
    const managed = await undefinedIfNotFound(listManagedPolicies(iam, RoleName), NOT_FOUND);
    const inline = await undefinedIfNotFound(listInlinePolicies(iam, RoleName), NOT_FOUND);
    await removePolicies(iam, RoleName, managed ?? [], inline ?? []);
    await undefinedIfNotFound(iam.send(new DeleteRoleCommand({ RoleName })), NOT_FOUND);
  },
};

type Iam = AwsClients['iam'];

/** The description of a new role, by which one that lost its tag is recognized. */
function descriptionOf({ stack }: DeploymentNames): string {
  return `Execution role of the workers of ${stack}.`;
}

/** Reads a role that is managed elsewhere, as far as that is allowed. */
async function observeExternalRole(iam: Iam, names: DeploymentNames): Promise<ObservedRole> {
  const { role: RoleName, roleArn: arn } = names;
  const named = `The role ${JSON.stringify(arn)} of --role-arn (ROLE_ARN)`;
  const unread = { arn, owner: 'external', otherInlinePolicies: [], managedPolicies: [] } as const;
  const unknown = { tag: undefined, createdAt: undefined, description: undefined, boundary: undefined };
  if (arn.split(':')[4] !== names.functionArn.split(':')[4]) {
    throw new UsageError(
      `${named} is in another AWS account, where Lambda cannot use it: choose a role of this account.`,
    );
  }
  try {
    const found = (await undefinedIfNotFound(iam.send(new GetRoleCommand({ RoleName })), NOT_FOUND))?.Role;
    if (found?.Arn !== arn) {
      const other = found?.Arn === undefined ? '' : `; the role of this name is ${JSON.stringify(found.Arn)}`;
      throw new UsageError(`${named} does not exist: check its path and its name${other}.`);
    }
    const trust = parsePolicy(found.AssumeRolePolicyDocument);
    if (!trustsLambda(trust)) {
      throw new UserError(
        `${named} cannot be assumed by Lambda: its trust policy must allow lambda.amazonaws.com the action sts:AssumeRole.`,
      );
    }
    return {
      ...unread,
      ...unknown,
      createdAt: found.CreateDate,
      trustPolicy: trust,
      inlinePolicy: undefined,
    };
  } catch (error) {
    if (!(error instanceof DeniedError)) throw error;
    return { ...unread, ...unknown, trustPolicy: undefined, inlinePolicy: undefined, isUnreadable: true };
  }
}

/** The key whose use the role's policy allows. While the bucket's key cannot be read, an earlier one stays. */
function lakeKeyOf(
  observed: ObservedRole | undefined,
  { lakeKeyArn }: Readonly<ResourceRefs>,
): string | undefined {
  if (lakeKeyArn !== 'unknown') return lakeKeyArn;
  const statement = statementsOf(observed?.inlinePolicy).get(LAKE_KEY_SID);
  return statement === undefined ? undefined : (JSON.parse(statement) as { Resource?: string }).Resource;
}

/** Detaches managed policies and deletes inline ones. Idempotent. */
async function removePolicies(
  iam: Iam,
  RoleName: string,
  managedArns: readonly string[],
  inlineNames: readonly string[],
): Promise<void> {
  for (const PolicyArn of managedArns) {
    await undefinedIfNotFound(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })), NOT_FOUND);
  }
  for (const PolicyName of inlineNames) {
    await undefinedIfNotFound(iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })), NOT_FOUND);
  }
}

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

/**
 * The region of the deployment that uses the role. Roles are global, so a deployment with the same name in another
 * region has the same role; the ARNs in its policy show which one. `undefined`: no ARN has a region.
 */
function regionOf(policy: unknown, names: DeploymentNames): string | undefined {
  const arns = JSON.stringify(policy ?? '').matchAll(/"arn:[^:"]*:[^:"]*:([a-z0-9-]+):/g);
  const regions = [...arns].map(([, region]) => region);
  return regions.includes(names.region) ? names.region : regions[0];
}

/** A policy's statements in canonical JSON, by their `Sid`, or by number if they have none. */
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

/** Parses a policy document, which IAM returns percent-encoded. @returns `undefined` when it is not valid JSON. */
function parsePolicy(document: string | undefined): unknown {
  if (document === undefined) return undefined;
  try {
    return JSON.parse(decodeURIComponent(document));
  } catch {
    return undefined;
  }
}

function listInlinePolicies(iam: Iam, RoleName: string): Promise<string[]> {
  return collectPages(async (Marker) => {
    const page = await iam.send(new ListRolePoliciesCommand({ RoleName, Marker }));
    return { ...page, items: page.PolicyNames ?? [] };
  });
}

function listManagedPolicies(iam: Iam, RoleName: string): Promise<string[]> {
  return collectPages(async (Marker) => {
    const page = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName, Marker }));
    const arns = (page.AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn);
    return { ...page, items: arns.filter((arn) => arn !== undefined) };
  });
}

/** A page of an IAM listing. */
interface Page {
  readonly items: readonly string[];
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

async function collectPages(readPage: (marker: string | undefined) => Promise<Page>): Promise<string[]> {
  const all: string[] = [];
  let marker: string | undefined;
  do {
    const page = await readPage(marker);
    all.push(...page.items);
    marker = page.IsTruncated ? page.Marker : undefined;
  } while (marker !== undefined);
  return all;
}
