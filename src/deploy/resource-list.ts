import type { DeploymentNames } from './names.ts';
import type { ObserveDeps, ObservedResource, OtherSource, Resource } from './resource.ts';
import { bucket } from './resources/bucket.ts';
import { eventSource, listOtherSources } from './resources/event-source.ts';
import { lambdaFunction } from './resources/function.ts';
import { logGroup } from './resources/log-group.ts';
import { deadLetterQueue, queue } from './resources/queue.ts';
import { role } from './resources/role.ts';

/** The resources of a deployment in order of creation. They are destroyed in reverse order. */
const LIST = [bucket, deadLetterQueue, queue, role, logGroup, lambdaFunction, eventSource] as const;

type Listed = (typeof LIST)[number];
export type ResourceKind = Listed['kind'];
export type AnyResource = Resource<ResourceKind, ObservedResource>;

/** {@link LIST}, for code that treats all resources the same. */
export const RESOURCES: readonly AnyResource[] = LIST;

/** The observed state of everything in AWS that has one of a deployment's names. */
export type Observation = {
  readonly [Each in Listed as Each['kind']]: Awaited<ReturnType<Each['observe']>>;
} & { readonly otherSources: readonly OtherSource[] };

/**
 * Reads the state of resources from AWS, without changing anything.
 * @param resources which ones to read; the others are missing from the result.
 */
export async function observe(
  deps: ObserveDeps,
  names: DeploymentNames,
  resources: readonly AnyResource[] = RESOURCES,
): Promise<Observation> {
  const observed: { [Kind in ResourceKind]?: ObservedResource | undefined } = {};
  const read = async (resource: AnyResource) => {
    if (resources.includes(resource)) observed[resource.kind] = await resource.observe(deps, names);
  };
  const [first, ...rest] = RESOURCES;
  // The bucket comes first and alone: it fails most often, and its error should not race with those of others.
  if (first) await read(first);
  const [otherSources] = await Promise.all([listOtherSources(deps, names), ...rest.map(read)]);
  return { ...observed, otherSources } as Observation;
}

/** The resource of a kind. */
export function resourceOf(kind: ResourceKind): AnyResource {
  const resource = RESOURCES.find((candidate) => candidate.kind === kind);
  if (!resource) throw new Error(`Unknown kind of resource: ${kind}`);
  return resource;
}
