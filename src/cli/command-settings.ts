import { SETTING_NAMES, SETTINGS, type SettingName } from '../config/settings.ts';

/** The settings that identify a fleet. */
const FLEET: readonly SettingName[] = ['bucketName', 'lambdaName', 'queueName'];
/** The settings that determine what is downloaded, and how fast. */
const LOOKUP: readonly SettingName[] = [
  ...(['language', 'reviewLanguage', 'lookup', 'append', 'requestsPerSecond', 'titleTypes'] as const),
];

/** The settings that each command accepts as flags, in the order of its help. */
export const COMMAND_SETTINGS = {
  development: ['bucketName', 'apiKey'],
  deploy: SETTING_NAMES.filter((name) => SETTINGS[name].flag !== undefined),
  destroy: [...FLEET, 'roleArn'],
  download: ['bucketName', 'apiKey', ...LOOKUP],
  export: ['bucketName'],
  simulate: FLEET,
  launch: ['bucketName', ...LOOKUP, 'lambdaName', 'queueName', 'workers', 'memorySize'],
  status: FLEET,
  pause: FLEET,
  resume: FLEET,
  redrive: FLEET,
} as const satisfies Readonly<Record<string, readonly SettingName[]>>;
