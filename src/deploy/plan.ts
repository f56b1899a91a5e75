import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { Change } from './change.ts';
import { type DeploymentInput, type DeploymentNames, deploymentNames, kindName } from './names.ts';
import { assertMayChange } from './ownership.ts';
import type {
  Desired,
  Found,
  ObservedResource,
  PlannedAction,
  Resource,
  ResourceRefs,
  ResourceStep,
  Situation,
} from './resource.ts';
import {
  type AnyResource,
  type Observation,
  observe,
  RESOURCES,
  type ResourceKind,
  resourceOf,
} from './resource-list.ts';
import { staysDisabled } from './resources/event-source.ts';
import { abortableClock } from './wait.ts';

export interface PlannedResource {
  readonly kind: ResourceKind;
  /** Its name in AWS, or `queue → function` for the event source. */
  readonly name: string;
  readonly action: PlannedAction;
  readonly changes: readonly Change[];
  /** What users should know before they confirm, in full sentences. */
  readonly notes: readonly string[];
  /** Set for an existing resource that tdd did not create: what its adoption overwrites. */
  readonly overwrites?: string;
}

/** One step of a deploy: one AWS call, or a few that belong together. */
export interface Step {
  readonly resource: ResourceKind;
  readonly action: string;
}

/** The planned changes as plain data without secrets, which can be printed or serialized. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly steps: readonly Step[];
  /** Whether the fleet is paused now and stays paused: its event source is disabled. */
  readonly staysPaused: boolean;
}

/** The basis of a plan, and the code that applies it. It contains the API key. */
export interface PlanBasis {
  readonly desired: Desired;
  readonly observed: Observation;
  /** The refs of the resources that exist before the first step. */
  readonly refs: Readonly<ResourceRefs>;
  readonly runs: ReadonlyMap<Step, ResourceStep['run']>;
}

export interface DeployDeps {
  readonly clients: AwsClients;
  readonly clock: Clock;
}

/**
 * Reads the current state and plans the deploy. It cannot change anything, because its clients are read-only.
 * @param wanted the input, and the bytes of the function's zip.
 * @param options.adopt whether resources that tdd did not create may be overwritten.
 * @throws {UsageError} when a resource belongs to another deployment, or tdd did not create it and `adopt` is not set.
 * @throws {UserError} when something else prevents the deploy, with advice; the signal's reason when aborted.
 */
export async function planDeployment(
  deps: DeployDeps,
  wanted: { readonly input: DeploymentInput; readonly zip: Uint8Array },
  options: { readonly signal?: AbortSignal | undefined; readonly adopt?: boolean | undefined } = {},
): Promise<Plan> {
  const { input, zip } = wanted;
  const names = deploymentNames(input);
  const clients = readOnlyClients(withClearErrors(deps.clients, secretsOf(input)));
  const clock = abortableClock(deps.clock, options.signal);
  const observed = await observe({ clients, clock }, names).catch((error: unknown) => {
    throw toUserError(error);
  });
  return makePlan(observed, { input, names, zip }, { adopt: options.adopt === true });
}

/** Derives the plan from the observed and the wanted state. A pure function. */
function makePlan(observed: Observation, desired: Desired, options: { readonly adopt: boolean }): Plan {
  const { names } = desired;
  const claims = RESOURCES.flatMap((resource) => {
    const found = observed[resource.kind];
    if (!found || resource.isShared) return [];
    const what = `the ${kindName(resource.kind)} ${JSON.stringify(resource.nameOf(names))}`;
    const isForeign = found.owner === 'untagged' && !isOwn(observed, names, resource.kind);
    return [{ what, kind: resource.kind, namedBy: resource.namedBy, owner: found.owner, isForeign }];
  });
  assertMayChange(claims, names, options);
  const foreign = new Set(claims.filter(({ isForeign }) => isForeign).map(({ kind }) => kind));
  for (const resource of RESOURCES) {
    const found = observed[resource.kind];
    if (found) resource.assertUpdatable?.(found, names);
  }
  const situation = describeSituation(observed, desired);
  const steps = orderSteps(situation);
  const plan: Plan = {
    resources: RESOURCES.map((resource) => planResource(resource, situation, foreign.has(resource.kind))),
    steps: [...steps.keys()],
    staysPaused: staysDisabled(situation),
  };
  bases.set(plan, { desired, observed, refs: situation.refs, runs: steps });
  return plan;
}

/** Whether a resource exists and belongs to the deployment, by its tag or because it is recognized. */
function isOwn(observed: Observation, names: DeploymentNames, kind: ResourceKind): boolean {
  const resource = resourceOf(kind);
  const found: ObservedResource | undefined = observed[kind];
  if (found?.owner !== 'untagged') return found?.owner === 'ours';
  const isOwnToo = (other: string) => isOwn(observed, names, other as ResourceKind);
  return resource.isRecognized?.(found, names, isOwnToo) ?? false;
}

/** The basis of a plan. @throws Error when {@link planDeployment} did not create the plan, which is a bug. */
export function basisOf(plan: Plan): PlanBasis {
  const basis = bases.get(plan);
  if (!basis) throw new Error('This plan was not created by planDeployment.');
  return basis;
}

/** The values to redact from messages. */
export function secretsOf(input: DeploymentInput): string[] {
  const key = input.environment[WORKER_VARIABLES.apiKey];
  return key === undefined ? [] : [key];
}

/** Stored separately, so that a plan itself contains no secrets. */
const bases = new WeakMap<Plan, PlanBasis>();

function describeSituation(observed: Observation, desired: Desired): Situation {
  const refs: ResourceRefs = {};
  for (const resource of RESOURCES) {
    const found = observed[resource.kind];
    if (found) Object.assign(refs, resource.refs?.(found));
  }
  const all = new Map<string, Found<ObservedResource>>();
  for (const resource of RESOURCES) {
    const found = observed[resource.kind];
    if (found) all.set(resource.kind, { observed: found, changes: resource.diff(found, desired, refs) });
  }
  return {
    ...desired,
    refs,
    otherSources: observed.otherSources,
    // The entry under a resource's kind was observed by that resource, so its type is right.
    find: <Observed extends ObservedResource>({ kind }: Resource<string, Observed>) =>
      all.get(kind) as Found<Observed> | undefined,
  };
}

function planResource(resource: AnyResource, situation: Situation, isForeign: boolean): PlannedResource {
  const found = situation.find(resource);
  return {
    kind: resource.kind,
    name: resource.nameOf(situation.names),
    action: plannedAction(resource, situation),
    changes: found?.changes ?? [],
    notes: [
      ...(isForeign
        ? [
            `tdd did not create it. Deploying it needs --adopt, replaces ${resource.overwrites}, and lets "tdd destroy" delete it.`,
          ]
        : []),
      ...(resource.notes?.(found, situation) ?? []),
    ],
    ...(isForeign && { overwrites: resource.overwrites }),
  };
}

function plannedAction(resource: AnyResource, situation: Situation): PlannedAction {
  const found = situation.find(resource);
  if (!found) return 'create';
  const own = resource.action?.(found.observed, situation);
  if (own) return own;
  if (found.observed.owner === 'untagged') return 'adopt';
  return found.changes.length > 0 ? 'update' : 'unchanged';
}

/** All steps in their order, each with the function that runs it: by resource, except for steps with a position. */
function orderSteps(situation: Situation): Map<Step, ResourceStep['run']> {
  const all = RESOURCES.flatMap((resource) =>
    resource
      .steps(situation.find(resource), situation)
      .filter((step) => step !== false)
      .map((step) => ({ ...step, owner: resource.kind })),
  );
  const at = (position: 'first' | 'last') => all.filter((step) => step.position === position);
  const before = (kind: string) =>
    all.filter(({ position }) => typeof position === 'object' && position.before === kind);
  const own = (kind: string) => all.filter((step) => step.owner === kind && step.position === undefined);
  const ordered = [
    ...at('first'),
    ...RESOURCES.flatMap(({ kind }) => [...before(kind), ...own(kind)]),
    ...at('last'),
  ];
  return new Map(
    ordered.map(({ owner, resource = owner, action, run }) => [
      { resource: resource as ResourceKind, action },
      run,
    ]),
  );
}
