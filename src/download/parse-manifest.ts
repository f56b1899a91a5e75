import { UserError } from '../errors.ts';
import { isRecord, parseJson } from '../json.ts';
import type { Manifest, TitleState } from './manifest.ts';

/** A manifest is damaged: it is not valid JSON, or lacks something that every manifest has. The next download replaces it. */
export class DamagedManifestError extends UserError {}

/** A newer version of this program wrote the manifest, in a format that this version cannot read. It is not damaged. */
export class NewerManifestError extends UserError {}

/** The format of manifests. A manifest without `version` has this one; an incompatible format must have a higher number. */
const VERSION = 1;

/**
 * Parses the text of a manifest. Damaged records of parts count as absent, because parts can be written again.
 * @param where its location, for the error message.
 * @throws {DamagedManifestError} when the text is not a manifest.
 * @throws {NewerManifestError} when its format is newer than {@link VERSION}.
 */
export function parseManifest(text: string, where: string): Manifest {
  const value = parseJson(text);
  if (value === undefined) {
    throw new DamagedManifestError(
      `${where} is not valid JSON: download its partition again, which replaces the manifest.`,
    );
  }
  if (isRecord(value) && typeof value.version === 'number' && value.version > VERSION) {
    throw new NewerManifestError(
      `${where} was written by a newer version of tdd (format ${value.version}): update tdd, and run "tdd deploy" to update the workers.`,
    );
  }
  if (isManifest(value)) {
    const { parts, ...withoutParts } = value;
    return isParts(parts) ? value : withoutParts;
  }
  throw new DamagedManifestError(
    `${where} is not a manifest: download its partition again, which replaces the manifest.`,
  );
}

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value) || !isRecord(value.titles)) return false;
  const { settings, counts, lastRun } = value;
  return (
    typeof value.snapshot === 'string' &&
    typeof value.complete === 'boolean' &&
    hasFields(settings, 'string', ['lookup', 'language', 'reviewLanguage']) &&
    Array.isArray(settings.append) &&
    (value.titleTypes === undefined || isStringList(value.titleTypes)) &&
    hasFields(counts, 'number', ['titles', 'found', 'notFound', 'refused', 'failed', 'reviews']) &&
    hasFields(lastRun, 'string', ['run', 'startedAt', 'endedAt', 'outcome']) &&
    Object.values(value.titles).every(isTitleState)
  );
}

const STATES: Readonly<Record<TitleState['state'], true>> = {
  found: true,
  notFound: true,
  refused: true,
  failed: true,
  left: true,
};

function isTitleState(value: unknown): boolean {
  return (
    hasFields(value, 'string', ['state', 'at']) &&
    Object.hasOwn(STATES, String(value.state)) &&
    (value.reviewIds === undefined || isStringList(value.reviewIds))
  );
}

function isParts(value: unknown): boolean {
  return (
    isRecord(value) &&
    [value.movies, value.reviews].every(
      (part) => hasFields(part, 'number', ['rows', 'bytes']) && hasFields(part, 'string', ['sha256']),
    ) &&
    (value.outdated === undefined || isStringList(value.outdated))
  );
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function hasFields(
  value: unknown,
  type: 'string' | 'number',
  names: readonly string[],
): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && names.every((name) => typeof value[name] === type);
}
