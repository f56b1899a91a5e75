import type { DeploymentNames } from './names.ts';
import type { ObserveDeps, ObservedResource, OtherSource, Resource } from './resource.ts';
import { bucket } from './resources/bucket.ts';
import { eventSource, listOtherSources } from './resources/event-source.ts';
import { lambdaFunction } from './resources/function.ts';
import { logGroup } from './resources/log-group.ts';
import { deadLetterQueue, queue } from './resources/queue.ts';
import { role } from './resources/role.ts';

/** The resources of a deployment, in the order in which they are created; destroy goes in reverse. */
const LIST = [bucket, deadLetterQueue, queue, role, logGroup, lambdaFunction, eventSource] as const;

type Listed = (typeof LIST)[number];
export type ResourceKind = Listed['kind'];
export type AnyResource = Resource<ResourceKind, ObservedResource>;

/** {@link LIST}, for code that treats all alike. */
export const RESOURCES: readonly AnyResource[] = LIST;

/** Everything that exists in AWS under a deployment's names. */
export type Observation = {
  readonly [Each in Listed as Each['kind']]: Awaited<ReturnType<Each['observe']>>;
} & { readonly otherSources: readonly OtherSource[] };

/**
 * Reads the cloud, and changes nothing.
 * @param resources the others are not read, and reported as absent.
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
  const [bucketAlone, ...rest] = RESOURCES;
  // The bucket first: it is the likeliest to be refused, and its error should not mix with others.
  if (bucketAlone) await read(bucketAlone);
  const [otherSources] = await Promise.all([listOtherSources(deps, names), ...rest.map(read)]);
  return { ...observed, otherSources } as Observation;
}

/** The resource of a kind. */
export function resourceOf(kind: ResourceKind): AnyResource {
  const resource = RESOURCES.find((candidate) => candidate.kind === kind);
  if (!resource) throw new Error(`There is no resource of the kind ${kind}.`);
  return resource;
}
