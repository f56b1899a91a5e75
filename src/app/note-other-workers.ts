import { resolveSetting } from '../config/resolve-settings.ts';
import { SETTINGS, type SettingName, type Settings } from '../config/settings.ts';

/** What a launch is planned with, and each worker takes from its own environment. */
const SHARED = [
  'lookup',
  'language',
  'reviewLanguage',
  'append',
  'titleTypes',
  'requestsPerSecond',
  'workers',
] as const satisfies readonly SettingName[];

/**
 * Says where a launch's settings differ from those that the workers were deployed with: a message carries none, so
 * that the workers would do otherwise than the launch shows.
 * @param environment the function's variables.
 * @returns a sentence, or none.
 */
export function noteOtherWorkers(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const differing = SHARED.flatMap((name) => {
    const ours = show(settings[name]);
    const theirs = show(resolveSetting(name, { env: environment }));
    return ours === theirs ? [] : `${SETTINGS[name].env} is ${theirs} there and ${ours} here`;
  });
  if (differing.length === 0) return [];
  return [
    `The workers were deployed with other settings, and theirs count (${differing.join('; ')}): run "tdd deploy" with these settings first, or launch with those.`,
  ];
}

function show(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return text === '' ? 'nothing' : text;
}
