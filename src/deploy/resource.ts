import type { ReadOnlyClients } from '../aws/calls.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import type { Change } from './change.ts';
import type { DeploymentInput, DeploymentNames } from './names.ts';

/**
 * One AWS resource of a deployment: how to read it, what differs from the wanted state, and the steps that create,
 * update and delete it. A new resource is a file in `resources/` with one such object, and a line in `resource-list.ts`.
 */
export interface Resource<Kind extends string, Observed extends ObservedResource> {
  readonly kind: Kind;
  /** Its name in AWS, or for people where it has none. */
  nameOf(names: DeploymentNames): string;
  /**
   * Reads its state, waiting while AWS is still changing it.
   * @returns `undefined` when it does not exist.
   * @throws {UserError} when its state may not be read, or nothing can be deployed with it.
   */
  observe(deps: ObserveDeps, names: DeploymentNames): Promise<Observed | undefined>;
  /** What other resources need to know of it. */
  refs?(observed: Observed): ResourceRefs;
  /** Its drift: each property that is not as wanted. */
  diff(observed: Observed, desired: Desired, refs: Readonly<ResourceRefs>): Change[];
  /** @throws {UserError} when no deploy can update it as it is. Destroying it is fine. */
  assertUpdatable?(observed: Observed, names: DeploymentNames): void;
  /**
   * The steps to the wanted state, in their order. Each step leaves a valid state: a deploy that is interrupted
   * after any of them is completed by the next one.
   * @param found `undefined` when it does not exist.
   */
  steps(found: Found<Observed> | undefined, situation: Situation): readonly (ResourceStep | false)[];
  /** What the plan calls that, where it does not follow from the tag and the changed properties. */
  action?(observed: Observed, situation: Situation): PlannedAction | undefined;
  /** What somebody should know before agreeing to a deploy: full sentences. */
  notes?(found: Found<Observed> | undefined, situation: Situation): readonly string[];

  /** For a resource with data that outlives the deployment: destroy keeps it unless told otherwise, and says this. */
  readonly keptByDestroy?: string;
  /** The id by which it is deleted, where its name is not enough. */
  idOf?(observed: Observed): string;
  /** What somebody should know before agreeing to its deletion: full sentences. */
  destroyNotes?(observed: Observed): readonly string[];
  /** Deletes it and waits until it is gone. Succeeds when it is gone already. */
  destroy(context: DestroyContext, target: DestroyTarget): Promise<unknown>;
}

/** What is known of any resource that exists. */
export interface ObservedResource {
  /** Does it carry the deployment's tag? */
  readonly ours: boolean;
}

/** A resource that exists, and its drift. */
export interface Found<Observed extends ObservedResource> {
  readonly observed: Observed;
  readonly changes: readonly Change[];
}

/** What will happen to a resource. `adopt`: it exists without our tag, and becomes ours. */
export type PlannedAction = 'create' | 'update' | 'adopt' | 'unchanged';

export interface ObserveDeps {
  readonly clients: ReadOnlyClients;
  readonly clock: Clock;
}

/** What the user wants, with the function's code. */
export interface Desired {
  readonly input: DeploymentInput;
  readonly names: DeploymentNames;
  readonly zip: Uint8Array;
}

/** ARNs, URLs and ids that resources need of each other; absent for what is not created yet. */
export interface ResourceRefs {
  roleArn?: string;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
  eventSourceId?: string;
}

/** An event source of the function for another queue: of an earlier deployment, or created by hand. */
export interface OtherSource {
  readonly id: string;
  /** What it reads from: the ARN of a queue or a stream. */
  readonly sourceArn: string;
  readonly ours: boolean;
}

/** The whole deployment as it is and as it is wanted, for what depends on more than one resource. */
export interface Situation extends Desired {
  readonly refs: Readonly<ResourceRefs>;
  readonly otherSources: readonly OtherSource[];
  /** @returns `undefined` when it does not exist. */
  find<Observed extends ObservedResource>(resource: Resource<string, Observed>): Found<Observed> | undefined;
}

/** One thing to do: at most a few calls that belong together. */
export interface ResourceStep {
  /** For people, as plans and progress show it. */
  readonly action: string;
  /** The kind of another resource, when the step is about that one. */
  readonly resource?: string;
  /** Where it goes: before or after the steps of all resources, or before another kind's; otherwise with its own. */
  readonly position?: 'first' | 'last' | { readonly before: string };
  run(context: StepContext): Promise<unknown>;
}

/** What the steps of one deploy share. */
export interface StepContext {
  readonly clients: AwsClients;
  /** Its sleeps end when the deploy is aborted. */
  readonly clock: Clock;
  /** To be called when AWS is not ready yet; more than once is fine. */
  readonly onWait: () => void;
  /** Steps add to it what they create. */
  readonly refs: ResourceRefs;
  /** When the role's permissions last changed, as far as known: milliseconds since the epoch. */
  roleChangedAt?: number | undefined;
}

export interface DestroyContext {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Objects of a bucket removed so far. */
  readonly onProgress: ((removed: number) => void) | undefined;
}

export interface DestroyTarget {
  readonly name: string;
  /** As {@link Resource.idOf} told it. */
  readonly id?: string;
}
