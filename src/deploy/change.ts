/** Drift: a property of a resource whose value differs from the wanted one. */
export interface Change {
  /** Its name in AWS, such as `VisibilityTimeout` or `Environment.TMDB_LANGUAGE`. */
  readonly property: string;
  /** The current value, as plans show it; absent when the property is not set. */
  readonly old?: string;
  /** The wanted value; absent when the property will be removed. */
  readonly new?: string;
}

/** A resource's properties, by their names in AWS, as text. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** Creates a change. */
export function change(property: string, before: string | undefined, after: string | undefined): Change {
  return {
    property,
    ...(before === undefined ? {} : { old: before }),
    ...(after === undefined ? {} : { new: after }),
  };
}

/** The drift from `wanted`, in its order. Observed properties that are not in `wanted` are ignored. */
export function diffProperties(observed: Properties, wanted: Properties): Change[] {
  return Object.entries(wanted).flatMap(([property, value]) =>
    observed[property] === value ? [] : [change(property, observed[property], value)],
  );
}

/**
 * Whether one of these properties is among the changes. A name that ends in a space, such as `Policy `, is a prefix.
 */
export function touches(changes: readonly Change[], ...properties: readonly string[]): boolean {
  return changes.some(({ property }) =>
    properties.some((name) => (name.endsWith(' ') ? property.startsWith(name) : property === name)),
  );
}
