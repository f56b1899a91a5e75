/** A property of a resource that is not as wanted: its drift. */
export interface Change {
  /** As AWS calls it: `VisibilityTimeout`, `Environment.TMDB_LANGUAGE`. */
  readonly property: string;
  /** Its value, for people; absent when it is not set. */
  readonly old?: string;
  /** The wanted value; absent when it is removed. */
  readonly new?: string;
}

/** A resource's settings as AWS names them, each as text. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** One change. */
export function change(property: string, before: string | undefined, after: string | undefined): Change {
  return {
    property,
    ...(before === undefined ? {} : { old: before }),
    ...(after === undefined ? {} : { new: after }),
  };
}

/** What differs, in the order of `wanted`. Other observed properties do not matter. */
export function diffProperties(observed: Properties, wanted: Properties): Change[] {
  return Object.entries(wanted).flatMap(([property, value]) =>
    observed[property] === value ? [] : [change(property, observed[property], value)],
  );
}

/** Is one of these properties (or one that begins like `Policy `) among the changes? */
export function touches(changes: readonly Change[], ...properties: readonly string[]): boolean {
  return changes.some(({ property }) =>
    properties.some((name) => (name.endsWith(' ') ? property.startsWith(name) : property === name)),
  );
}
