import type { ReadOnlyClients } from '../aws/calls.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import type { Change } from './change.ts';
import type { DeploymentInput, DeploymentNames } from './names.ts';
import type { Owner } from './ownership.ts';

/**
 * One AWS resource of a deployment: how to read its state, find its drift, and create, update and delete it. To add a
 * resource, add a file to `resources/` with one such object, and list it in `resource-list.ts`.
 */
export interface Resource<Kind extends string, Observed extends ObservedResource> {
  readonly kind: Kind;
  /** Its name in AWS, or a descriptive name when it has none there. */
  nameOf(names: DeploymentNames): string;
  /** The flag that chooses its name, such as `--queue-name`. */
  readonly namedBy: string;
  /** Set for a resource that deployments may share: an existing one of another owner is used, but never changed. */
  readonly isShared?: true;
  /** What a deploy overwrites when it adopts one that tdd did not create: `its code and configuration`. */
  readonly overwrites: string;
  /**
   * Whether an untagged one demonstrably is this deployment's, or the earlier Python tool's. Only then does a deploy adopt
   * it without being told to. Absent: never.
   * @param isOwn whether the deployment's resource of a kind exists and is tagged or recognized.
   */
  isRecognized?(observed: Observed, names: DeploymentNames, isOwn: (kind: string) => boolean): boolean;
  /**
   * Reads its state. While AWS is still creating or changing it, this waits.
   * @returns `undefined` when it does not exist.
   * @throws {UserError} when a permission to read it is missing, or its state makes a deploy impossible.
   */
  observe(deps: ObserveDeps, names: DeploymentNames): Promise<Observed | undefined>;
  /** The ARN, URL or ID that other resources need. */
  refs?(observed: Observed): ResourceRefs;
  /** Its drift: each property that differs from the wanted state. */
  diff(observed: Observed, desired: Desired, refs: Readonly<ResourceRefs>): Change[];
  /** @throws {UserError} when it can only be deleted, not updated. */
  assertUpdatable?(observed: Observed, names: DeploymentNames): void;
  /**
   * The ordered steps to the wanted state. Each step leaves a valid state, so that a later deploy can complete one that
   * was interrupted after any of them.
   * @param found `undefined` when the resource does not exist.
   */
  steps(found: Found<Observed> | undefined, situation: Situation): readonly (ResourceStep | false)[];
  /** The planned action, when it does not follow from the owner and the drift alone. */
  action?(observed: Observed, situation: Situation): PlannedAction | undefined;
  /** Plan notes: what users should know before they confirm a deploy, in full sentences. */
  notes?(found: Found<Observed> | undefined, situation: Situation): readonly string[];

  /** Set for a resource with data that outlives the deployment: destroy keeps it by default, with this note. */
  readonly keptByDestroy?: string;
  /** The ID that `destroy` needs in addition to the name. */
  idOf?(observed: Observed): string;
  /** Plan notes: what users should know before they confirm its deletion, in full sentences. */
  destroyNotes?(observed: Observed): readonly string[];
  /** Deletes it and waits until it is gone. Idempotent: succeeds when it no longer exists. */
  destroy(context: DestroyContext, target: DestroyTarget): Promise<unknown>;
}

/** The observed state that all kinds of resources have in common. */
export interface ObservedResource {
  /** The deployment that it belongs to. */
  readonly owner: Owner;
}

/** An existing resource and its drift. */
export interface Found<Observed extends ObservedResource> {
  readonly observed: Observed;
  readonly changes: readonly Change[];
}

/** What a deploy does to a resource. `adopt`: it exists without the deployment's tag, and the deploy takes it over. */
export type PlannedAction = 'create' | 'update' | 'adopt' | 'unchanged';

export interface ObserveDeps {
  readonly clients: ReadOnlyClients;
  readonly clock: Clock;
}

/** The wanted state: the user's input, and the function's code. */
export interface Desired {
  readonly input: DeploymentInput;
  readonly names: DeploymentNames;
  readonly zip: Uint8Array;
}

/** ARNs, URLs and IDs that other resources need; absent for resources that do not exist yet. */
export interface ResourceRefs {
  /** The customer managed KMS key that encrypts the lake; `unknown` when the permission to read it is missing. */
  lakeKeyArn?: string;
  roleArn?: string;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
  eventSourceId?: string;
}

/** An event source of the function for another queue, from an earlier deployment or created by hand. */
export interface OtherSource {
  readonly id: string;
  /** The ARN of the queue or stream that it reads from. */
  readonly sourceArn: string;
  readonly owner: Owner;
}

/** The observed and the wanted state of the whole deployment, for decisions that concern several resources. */
export interface Situation extends Desired {
  readonly refs: Readonly<ResourceRefs>;
  readonly otherSources: readonly OtherSource[];
  /** @returns the resource and its drift, or `undefined` when it does not exist. */
  find<Observed extends ObservedResource>(resource: Resource<string, Observed>): Found<Observed> | undefined;
}

/** One step of a deploy: one AWS call, or a few that belong together. */
export interface ResourceStep {
  /** The text that plans and progress show. */
  readonly action: string;
  /** The kind of the resource that the step changes, when it is another one. */
  readonly resource?: string;
  /** When it runs: before or after all resources' steps, or before those of another kind. Default: with its own. */
  readonly position?: 'first' | 'last' | { readonly before: string };
  run(context: StepContext): Promise<unknown>;
}

/** The shared context of a deploy's steps. */
export interface StepContext {
  readonly clients: AwsClients;
  /** Its sleeps reject when the deploy is aborted. */
  readonly clock: Clock;
  /** Steps call this when they wait for AWS, possibly more than once, with the longest wait in milliseconds. */
  readonly onWait: (limitMs: number) => void;
  /** Steps add the refs of resources that they create. */
  readonly refs: ResourceRefs;
  /** When the role or its permissions last changed, by the monotonic clock, in milliseconds; `undefined` when unknown. */
  roleChangedAt?: number | undefined;
}

export interface DestroyContext {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Receives the number of objects that were deleted from the bucket so far. */
  readonly onProgress: ((removed: number) => void) | undefined;
}

export interface DestroyTarget {
  readonly name: string;
  /** The result of {@link Resource.idOf}. */
  readonly id?: string;
}
