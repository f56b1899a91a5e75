import { UsageError, UserError } from '../errors.ts';
import { isRecord, parseJson } from '../json.ts';
import { createSharedCall } from '../shared-call.ts';
import { JSON_TYPE, SOURCE_KEY } from './keys.ts';
import type { ETag, Lake, LakeOptions } from './lake.ts';

/** The services from which a lake's titles and documents come: normalized base URLs, without credentials. */
export interface LakeSource {
  /** The TMDB API, without `/3`. */
  readonly tmdb: string;
  /** IMDb's data sets. */
  readonly imdb: string;
}

/** The lake contains data from another source. Its documents must not be mixed with those of this one. */
export class OtherSourceError extends UsageError {
  override readonly name = 'OtherSourceError';
}

/** Returns the source in the settings. */
export function lakeSource({
  tmdbBaseUrl,
  imdbDatasetsUrl,
}: {
  readonly tmdbBaseUrl: string;
  readonly imdbDatasetsUrl: string;
}): LakeSource {
  return { tmdb: normalize(tmdbBaseUrl).replace(/\/3$/, ''), imdb: normalize(imdbDatasetsUrl) };
}

/** Removes everything that does not name the service. An invalid URL stays as it is: the first request reports it. */
function normalize(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** Describes how `ours` differs from `theirs`, the recorded source; `undefined` if it does not. */
export function describeOtherSource(
  theirs: Partial<LakeSource>,
  ours: Partial<LakeSource>,
  places: { readonly theirs: string; readonly ours: string },
): string | undefined {
  const differences = (['tmdb', 'imdb'] as const).flatMap((name) =>
    theirs[name] === undefined || ours[name] === undefined || theirs[name] === ours[name]
      ? []
      : `${VARIABLES[name]} is ${theirs[name]} ${places.theirs} and ${ours[name]} ${places.ours}`,
  );
  return differences.length === 0 ? undefined : differences.join('; ');
}

const VARIABLES = { tmdb: 'TMDB_BASE_URL', imdb: 'IMDB_DATASETS_URL' } as const;

/** Whether two records name the same source, as far as both are known. */
export function isSameSource(a: Partial<LakeSource> = {}, b: Partial<LakeSource> = {}): boolean {
  return describeOtherSource(a, b, { theirs: '', ours: '' }) === undefined;
}

/**
 * Compares a source that the lake has recorded with the current one.
 * @param theirs from the lake, an index, a manifest or a launch; `undefined` if it was written by an earlier version.
 * @throws {OtherSourceError} when they differ.
 */
export function requireSource(
  { url }: Pick<Lake, 'url'>,
  theirs: Partial<LakeSource> | undefined,
  ours: Partial<LakeSource> | undefined,
): void {
  if (theirs === undefined || ours === undefined) return;
  const difference = describeOtherSource(theirs, ours, { theirs: 'in the lake', ours: 'here' });
  if (difference === undefined) return;
  throw new OtherSourceError(
    `The lake ${url} contains data from another source (${difference}): use another lake, or the lake's addresses.`,
  );
}

/**
 * Reads the source of a lake.
 * @returns `undefined` for a lake without one: it is new, or was written by an earlier version only.
 * @throws {UserError} when the record is damaged.
 */
export async function readSource(
  { lake }: { readonly lake: Lake },
  options: LakeOptions = {},
): Promise<Partial<LakeSource> | undefined> {
  return (await readRecord({ lake }, options)).source;
}

/** Of a new lake, only IMDb's address may be known. */
async function readRecord(
  { lake }: { readonly lake: Lake },
  options: LakeOptions,
): Promise<{ readonly source: Partial<LakeSource> | undefined; readonly etag: ETag | null }> {
  const object = await lake.read(SOURCE_KEY, options);
  if (object === undefined) return { source: undefined, etag: null };
  const source = parseJson(object.body.toString('utf8'));
  const isAddress = (value: unknown) => value === undefined || typeof value === 'string';
  if (isRecord(source) && isAddress(source.tmdb) && isAddress(source.imdb))
    return { source, etag: object.etag };
  throw new UserError(
    `${lake.url}/${SOURCE_KEY} is damaged, so the source of the lake's data is unknown: if it is the one in your settings, delete this file.`,
  );
}

/**
 * Checks that a lake's data comes from this source, or that the lake has no source yet. It writes nothing.
 * @throws {OtherSourceError} when it comes from another one.
 */
export async function checkSource(
  { lake }: { readonly lake: Lake },
  source: LakeSource,
  options: LakeOptions = {},
): Promise<void> {
  requireSource(lake, await readSource({ lake }, options), source);
}

/**
 * Checks the source as {@link checkSource} does, and records it in a lake that has none. A run does this when a service has
 * answered for the first time, before it writes the data: an address that is mistyped must not become the lake's source.
 * Of two concurrent runs, the first to write determines the source.
 * @param source the services that have answered.
 * @throws {OtherSourceError} when the lake's data comes from another source.
 */
export async function claimSource(
  { lake }: { readonly lake: Lake },
  source: Partial<LakeSource>,
  options: LakeOptions = {},
): Promise<void> {
  for (;;) {
    const { source: theirs, etag } = await readRecord({ lake }, options);
    requireSource(lake, theirs, source);
    const both = { ...source, ...theirs };
    if (theirs?.tmdb === both.tmdb && theirs?.imdb === both.imdb) return;
    const text = `${JSON.stringify({ tmdb: both.tmdb, imdb: both.imdb })}\n`;
    if ((await lake.compareAndSwap(SOURCE_KEY, text, JSON_TYPE, etag, options)) !== undefined) return;
  }
}

/** The source of one process, which reads and writes the lake's record at most once. */
export interface SourceClaim {
  readonly source: LakeSource;
  /** As {@link checkSource}. */
  check(signal?: AbortSignal): Promise<void>;
  /** As {@link claimSource}: TMDB has answered. */
  claim(signal?: AbortSignal): Promise<void>;
}

export function createSourceClaim({ lake }: { readonly lake: Lake }, source: LakeSource): SourceClaim {
  let isChecked = false;
  let isClaimed = false;
  const checking = createSharedCall<void>();
  const claiming = createSharedCall<void>();
  return {
    source,
    async check(signal) {
      if (isChecked) return;
      await checking.join((shared) => checkSource({ lake }, source, { signal: shared }), signal);
      isChecked = true;
    },
    async claim(signal) {
      if (isClaimed) return;
      await claiming.join((shared) => claimSource({ lake }, source, { signal: shared }), signal);
      isClaimed = true;
    },
  };
}
