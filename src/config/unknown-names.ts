import { toOneLine } from '../text.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import { SETTING_NAMES, SETTINGS } from './settings.ts';

/** The names in a config.ini. */
export interface ConfigNames {
  readonly path: string;
  /** The names of all sections and keys; the section is empty for a key before the first one. */
  readonly names: readonly { readonly section: string; readonly key?: string }[];
}

const ALL = SETTING_NAMES.map((name) => SETTINGS[name]);
const SECTIONS = [...new Set(ALL.map(({ section }) => section))];

/** The prefixes of this program's environment variables. */
const PREFIX = /^(?:TMDB|IMDB|TDD|DATALAKE)_/;
/** The variables that are read elsewhere, by the program, by workers or by its tests. */
const OTHER_VARIABLES = [
  ...Object.values(WORKER_VARIABLES),
  'TDD_CONFIG',
  'TDD_COMMAND',
  'TDD_RECORDED_ANSWERS',
];
const TEST_VARIABLES = /^TDD_(?:TEST|E2E)_/;
const VARIABLES = [...ALL.map(({ env }) => env), ...OTHER_VARIABLES];

/**
 * Finds sections and keys of config.ini, and environment variables with this program's prefixes, that nothing reads: they
 * are probably misspelled.
 * @returns a sentence for each, with a suggestion if a name is similar. It never contains a value.
 */
export async function describeUnknownNames({
  env,
  file,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigNames;
}): Promise<string[]> {
  const unknown = [...findUnknownConfig(file), ...findUnknownVariables(env)];
  if (unknown.length === 0) return [];
  const { closestName } = await import('./closest-name.ts'); // Needed only for mistakes.
  return unknown.map(({ name, where, similarTo, candidates }) => {
    const closest = closestName(similarTo, [...candidates.keys()]);
    const suggestion = closest === undefined ? '' : ` Did you mean ${candidates.get(closest)}?`;
    return toOneLine(`${name} in ${where} is unknown to tdd and ignored.${suggestion}`, 1_000);
  });
}

/** A name that nothing reads, and the known names that it may be a misspelling of. */
interface UnknownName {
  readonly name: string;
  readonly where: string;
  readonly similarTo: string;
  /** The names to compare with, and what to suggest for each. */
  readonly candidates: ReadonlyMap<string, string>;
}

function findUnknownConfig({ path, names }: ConfigNames): UnknownName[] {
  const sections = new Map<string, string>(SECTIONS.map((section) => [section, `[${section}]`]));
  const keys = new Map<string, string>(ALL.map((row) => [row.key, `[${row.section}] ${row.key}`]));
  return names.flatMap(({ section, key }) => {
    const known = SECTIONS.find((name) => name === section.toUpperCase());
    if (known === undefined && section !== '') {
      if (key !== undefined) return []; // The section is reported.
      const similarTo = section.toUpperCase();
      return [{ name: `The section [${show(section)}]`, where: path, similarTo, candidates: sections }];
    }
    const upper = key?.toUpperCase();
    if (upper === undefined || ALL.some((row) => row.section === known && row.key === upper)) return [];
    const name = known === undefined ? show(key ?? '') : `[${known}] ${show(key ?? '')}`;
    return [{ name, where: path, similarTo: upper, candidates: keys }];
  });
}

function findUnknownVariables(env: Readonly<Record<string, string | undefined>>): UnknownName[] {
  const candidates = new Map(VARIABLES.map((name) => [name, name]));
  return Object.keys(env)
    .filter((name) => PREFIX.test(name) && !candidates.has(name) && !TEST_VARIABLES.test(name))
    .filter((name) => env[name]?.trim())
    .map((name) => ({ name: show(name), where: 'the environment', similarTo: name, candidates }));
}

/** Returns a name, unless it may be a secret in the wrong place. */
function show(name: string): string {
  return /^\w[\w .-]{0,39}$/.test(name) && !/^[0-9a-f]{32}$/i.test(name) ? name : '…';
}
