import { UsageError } from '../errors.ts';
import { capitalize } from '../text.ts';
import type { DeploymentNames } from './names.ts';

/**
 * Which deployment a resource belongs to. `untagged`: none that its tag names; a deploy adopts it on
 * certain conditions. `external`: none, because the user manages it; it is used, but never changed.
 */
export type Owner = 'ours' | 'untagged' | 'external' | OtherDeployment;

/** Another deployment of tdd in the same account. */
export interface OtherDeployment {
  /** The value of its tag, which is the name of its function; `undefined` for an untagged resource. */
  readonly stack: string | undefined;
  /** Its region, if the resource is global and shows it. */
  readonly region?: string;
}

/**
 * Determines a resource's owner.
 * @param stack the value of its tag `tdd:stack`.
 * @param region for a global resource: the region of the deployment that uses it; `undefined` when unknown.
 */
export function ownerOf(names: DeploymentNames, stack: string | undefined, region?: string): Owner {
  const isElsewhere = region !== undefined && region !== names.region;
  if (isElsewhere) return { stack, region };
  if (stack === undefined) return 'untagged';
  return stack === names.stack ? 'ours' : { stack };
}

/** Whether the resource belongs to another deployment of tdd. */
export function isOther(owner: Owner): owner is OtherDeployment {
  return typeof owner === 'object';
}

/** Describes another deployment: `the tdd deployment "films" in eu-west-1`. */
export function describeOther({ stack, region }: OtherDeployment): string {
  const name = stack === undefined ? 'another tdd deployment' : `the tdd deployment ${JSON.stringify(stack)}`;
  return region === undefined ? name : `${name} in ${region}`;
}

/** An existing resource that a deploy would change. */
export interface Claim {
  /** Such as `the queue "films-queue"`. */
  readonly what: string;
  /** The flag that chooses its name. */
  readonly namedBy: string;
  readonly owner: Owner;
  /** Whether nothing shows that tdd, or the earlier Python tool, created it. */
  readonly isForeign: boolean;
}

/**
 * @param options.adopt whether the user agrees to overwrite resources that tdd did not create.
 * @throws {UsageError} when resources belong to another deployment, or to nobody without `adopt`, with the ways out.
 */
export function assertMayChange(
  claims: readonly Claim[],
  names: DeploymentNames,
  { adopt }: { readonly adopt: boolean },
): void {
  assertNotOthers(claims, names);
  const foreign = claims.filter(({ isForeign }) => isForeign);
  if (adopt || foreign.length === 0) return;
  const [exist, them] = foreign.length === 1 ? ['exists and was', 'it'] : ['exist and were', 'them'];
  throw new UsageError(
    `${capitalize(LIST.format(foreign.map(({ what }) => what)))} ${exist} not created by tdd, so nothing was changed: choose another name (${flagsOf(foreign).join(' and ')}), or overwrite ${them} with --adopt.`,
  );
}

function flagsOf(claims: readonly Claim[]): string[] {
  return [...new Set(claims.map(({ namedBy }) => namedBy))];
}

function assertNotOthers(claims: readonly Claim[], { queue }: DeploymentNames): void {
  const others = claims.flatMap(({ owner, ...claim }) => (isOther(owner) ? [{ ...claim, owner }] : []));
  const [first] = others;
  if (!first) return;
  const name = describeOther(first.owner);
  const theirs = others.filter(({ owner }) => describeOther(owner) === name);
  const flags = flagsOf(theirs);
  const { stack, region } = first.owner;
  const destroy = [
    ...(region === undefined ? [] : [`AWS_REGION=${region}`]),
    `tdd destroy${stack === undefined ? '' : ` --lambda-name ${stack}`}`,
    ...(flags.includes('--queue-name') ? [`--queue-name ${queue}`] : []),
  ].join(' ');
  throw new UsageError(
    `${capitalize(LIST.format(theirs.map(({ what }) => what)))} ${theirs.length === 1 ? 'belongs' : 'belong'} to ${name}, so nothing was changed: choose another name (${flags.join(' and ')}), or delete that deployment first with "${destroy}".`,
  );
}

const LIST = new Intl.ListFormat('en');
