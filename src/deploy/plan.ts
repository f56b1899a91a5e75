import { readOnlyClients, toUserError, withClearErrors } from '../aws/calls.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { Change } from './change.ts';
import { type DeploymentInput, deploymentNames } from './names.ts';
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
} from './resource-list.ts';
import { abortableClock } from './wait.ts';

export interface PlannedResource {
  readonly kind: ResourceKind;
  /** Its name in AWS; for the event source: `queue → function`. */
  readonly name: string;
  readonly action: PlannedAction;
  readonly changes: readonly Change[];
  /** What somebody should know before agreeing: full sentences. */
  readonly notes: readonly string[];
}

/** One thing to do: at most a few calls that belong together. */
export interface Step {
  readonly resource: ResourceKind;
  readonly action: string;
}

/** What a deploy will do: plain data without secrets, which can be printed or sent as JSON. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly steps: readonly Step[];
}

/** What a plan was made of and what applies it; the API key is in it. */
export interface PlanBasis {
  readonly desired: Desired;
  readonly observed: Observation;
  /** What exists before the first step. */
  readonly refs: Readonly<ResourceRefs>;
  readonly runs: ReadonlyMap<Step, ResourceStep['run']>;
}

export interface DeployDeps {
  readonly clients: AwsClients;
  readonly clock: Clock;
}

/**
 * Reads the current state and says what is to be done. It cannot change anything: mutating calls are refused before
 * they leave the process.
 * @throws {UserError} when something prevents the deploy, with what to do about it.
 */
export async function planDeployment(
  deps: DeployDeps,
  wanted: { readonly input: DeploymentInput; readonly zip: Uint8Array },
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Plan> {
  const { input, zip } = wanted;
  const names = deploymentNames(input);
  const clients = readOnlyClients(withClearErrors(deps.clients, secretsOf(input)));
  const clock = abortableClock(deps.clock, options.signal);
  const observed = await observe({ clients, clock }, names).catch((error: unknown) => {
    throw toUserError(error);
  });
  return makePlan(observed, { input, names, zip });
}

/** The plan that follows from what exists and what is wanted: a pure function. */
function makePlan(observed: Observation, desired: Desired): Plan {
  for (const resource of RESOURCES) {
    const found = observed[resource.kind];
    if (found) resource.assertUpdatable?.(found, desired.names);
  }
  const situation = describeSituation(observed, desired);
  const steps = orderSteps(situation);
  const plan: Plan = {
    resources: RESOURCES.map((resource) => planResource(resource, situation)),
    steps: [...steps.keys()],
  };
  bases.set(plan, { desired, observed, refs: situation.refs, runs: steps });
  return plan;
}

/** What a plan was made of. @throws Error for a plan that was not made here: a bug. */
export function basisOf(plan: Plan): PlanBasis {
  const basis = bases.get(plan);
  if (!basis) throw new Error('This plan was not made by planDeployment.');
  return basis;
}

/** The values that no message may show. */
export function secretsOf(input: DeploymentInput): string[] {
  const key = input.environment[WORKER_VARIABLES.apiKey];
  return key === undefined ? [] : [key];
}

/** Kept aside, so that a plan itself holds no secrets. */
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
    // What is kept under a resource's kind is what this resource has observed.
    find: <Observed extends ObservedResource>({ kind }: Resource<string, Observed>) =>
      all.get(kind) as Found<Observed> | undefined,
  };
}

function planResource(resource: AnyResource, situation: Situation): PlannedResource {
  const found = situation.find(resource);
  return {
    kind: resource.kind,
    name: resource.nameOf(situation.names),
    action: plannedAction(resource, situation),
    changes: found?.changes ?? [],
    notes: resource.notes?.(found, situation) ?? [],
  };
}

function plannedAction(resource: AnyResource, situation: Situation): PlannedAction {
  const found = situation.find(resource);
  if (!found) return 'create';
  const own = resource.action?.(found.observed, situation);
  if (own) return own;
  if (!found.observed.ours) return 'adopt';
  return found.changes.length > 0 ? 'update' : 'unchanged';
}

/** All steps, in their order, with how each is run: by resource, save those with a position of their own. */
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
