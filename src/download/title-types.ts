/** What manifests without title types have: those of earlier versions, and those of the default setting. */
const MOVIES = ['movie'];

/** The title types of a manifest; `undefined` for the manifest of an earlier version, or of the default setting. */
type RecordedTypes = readonly string[] | undefined;

/**
 * Whether a list that was made for `titleTypes` has all titles of the recorded types, so that a title that it does not have
 * has left the partition. Otherwise it may only be of another type.
 */
export function coversTitleTypes(titleTypes: readonly string[], recorded: RecordedTypes): boolean {
  return (recorded ?? MOVIES).every((type) => titleTypes.includes(type));
}

/** Returns the title types of several runs together, as a manifest records them. */
export function joinTitleTypes(...all: readonly RecordedTypes[]): {
  readonly titleTypes?: readonly string[];
} {
  const titleTypes = [...new Set(all.flatMap((types) => types ?? MOVIES))].sort();
  return titleTypes.join() === MOVIES.join() ? {} : { titleTypes };
}
