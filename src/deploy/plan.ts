import { readingClients, toUserError, withClearErrors } from '../aws/calls.ts';
import type { DeployClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { Change } from './change.ts';
import { checkDeploymentInput, type DeploymentInput } from './deployment-input.ts';
import { type Desired, type Differences, differences, RESOURCES, type ResourceKind } from './differences.ts';
import { type DeploymentNames, deploymentNames } from './names.ts';
import { noteFor } from './notes.ts';
import { orderSteps, type Step } from './order-steps.ts';
import { refuseElsewhere } from './resources/bucket.ts';
import { type Observation, observe } from './resources.ts';
import { abortableClock } from './wait.ts';

/** What will happen to a resource. `adopt`: it is there without our tag, and becomes ours. */
type PlannedAction = 'create' | 'update' | 'adopt' | 'unchanged';

export interface PlannedResource {
  readonly kind: ResourceKind;
  /** Its name in AWS; for the event source: `queue → function`. */
  readonly name: string;
  readonly action: PlannedAction;
  readonly changes: readonly Change[];
  /** What somebody should know before agreeing: full sentences. */
  readonly notes: readonly string[];
}

/** What a deploy will do. It can be shown and written whole: no secret is in it. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly steps: readonly Step[];
}

/** What a plan was made of, and what it needs to be applied; the API key is in it. */
export interface PlanBasis {
  readonly desired: Desired;
  readonly observed: Observation;
}

export interface DeployDeps {
  readonly clients: DeployClients;
  readonly clock: Clock;
}

/**
 * Looks at what is there and says what is to be done. It cannot change anything: the calls that do are refused
 * before they leave the process.
 * @throws {UserError} when something stands in the way, with what to do about it.
 */
export async function planDeployment(
  deps: DeployDeps,
  wanted: { readonly input: DeploymentInput; readonly zip: Uint8Array },
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Plan> {
  const { input, zip } = wanted;
  checkDeploymentInput(input);
  const names = deploymentNames(input);
  const clients = readingClients(withClearErrors(deps.clients, secretsOf(input)));
  let observed: Observation;
  try {
    observed = await observe({ clients, clock: abortableClock(deps.clock, options.signal) }, names);
  } catch (error) {
    throw toUserError(error);
  }
  refuse(observed, names);
  return makePlan(observed, { input, names, zip });
}

/** The plan that follows from what is there and what is wanted: a pure function. */
function makePlan(observed: Observation, desired: Desired): Plan {
  const differs = differences(observed, desired);
  const plan: Plan = {
    resources: RESOURCES.map((kind) => plannedResource(kind, observed, differs, desired)),
    steps: orderSteps(observed, differs, desired.input),
  };
  bases.set(plan, { desired, observed });
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

/** Kept aside, so that a plan can be printed or sent as JSON without its secrets. */
const bases = new WeakMap<Plan, PlanBasis>();

function plannedResource(
  kind: ResourceKind,
  observed: Observation,
  differs: Differences,
  { input, names }: Desired,
): PlannedResource {
  const changes = differs[kind];
  const name = kind === 'eventSource' ? `${names.queue} → ${names.function}` : names[kind];
  return {
    kind,
    name,
    action: actionFor(kind, observed, changes),
    changes: changes ?? [],
    notes: noteFor(kind, observed, differs, { input, names }),
  };
}

function actionFor(
  kind: ResourceKind,
  observed: Observation,
  changes: readonly Change[] | undefined,
): PlannedAction {
  const found = observed[kind];
  if (!found || !changes) return 'create';
  // A bucket that is not ours is used as it is, and stays somebody else's.
  if (!found.ours && kind !== 'bucket') return 'adopt';
  const marked = observed.function?.resumesEventSource === true;
  const resumes = kind === 'eventSource' && marked && observed.eventSource?.enabled === false;
  const unmarks = kind === 'function' && marked;
  return changes.length > 0 || resumes || unmarks ? 'update' : 'unchanged';
}

function refuse({ bucket, function: found }: Observation, names: DeploymentNames): void {
  refuseElsewhere(bucket, names);
  const name = JSON.stringify(names.function);
  if (found && found.packageType !== 'Zip') {
    throw new UserError(
      `The function ${name} is a container image, which cannot become a zip: delete it, or choose another name with --lambda-name.`,
    );
  }
  // https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
  if (found?.failure !== undefined) {
    throw new UserError(
      `The function ${name} has failed (${found.failure}), and Lambda mends none that has: delete it with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
    );
  }
}
