/** One property of a resource that is not as it shall be. */
export interface Change {
  /** As AWS calls it: `VisibilityTimeout`, `Environment.TMDB_LANGUAGE`. */
  readonly property: string;
  /** What it is, for people; absent when it is not set. */
  readonly old?: string;
  /** What it shall be; absent when it shall go. */
  readonly new?: string;
}

/** A resource's settings as AWS names them, each as a text. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** One change. */
export function change(property: string, before: string | undefined, after: string | undefined): Change {
  return {
    property,
    ...(before === undefined ? {} : { old: before }),
    ...(after === undefined ? {} : { new: after }),
  };
}

/** What differs, in the order of `wanted`. Properties that are observed and not wanted are not ours to judge. */
export function diffProperties(observed: Properties, wanted: Properties): Change[] {
  return Object.entries(wanted).flatMap(([property, value]) =>
    observed[property] === value ? [] : [change(property, observed[property], value)],
  );
}

/** Is one of these properties (or of those below one: `Environment.`) among the changes? */
export function touches(changes: readonly Change[], ...properties: readonly string[]): boolean {
  return changes.some(({ property }) =>
    properties.some((name) =>
      name.endsWith('.') || name.endsWith(' ') ? property.startsWith(name) : property === name,
    ),
  );
}
