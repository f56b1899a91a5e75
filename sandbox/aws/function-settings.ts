import { AwsError } from './aws-call.ts';
import { isTrusted } from './iam-policy.ts';
import { invalidParameter, type LambdaDeps } from './lambda-call.ts';
import { type FunctionConfiguration, roleOf } from './world.ts';

type Input = Readonly<Record<string, unknown>>;

/** Supported runtimes. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const RUNTIME = /^(?:nodejs(?:20|22|24)\.x|python3\.(?:10|11|12|13|14)|provided\.al2023)$/;
/** Deprecated runtimes. */
const OLD_RUNTIME = /^(?:nodejs(?:[4-8]\.\d+|1[02468]\.x)|python(?:2\.7|3\.[6-9]))$/;

/** Variables that Lambda reserves. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED =
  /^(?:_HANDLER|_X_AMZN_TRACE_ID|AWS_DEFAULT_REGION|AWS_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY.*|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

const KEPT = [
  'Runtime',
  'Role',
  'Handler',
  'Description',
  'Timeout',
  'MemorySize',
  'Architectures',
  'Environment',
  'EphemeralStorage',
  'TracingConfig',
] as const;

/** Reads the settings in an input as the function stores them. */
export function readSettings(input: Input, name: string): Partial<FunctionConfiguration> {
  const settings: Record<string, unknown> = {};
  for (const key of KEPT) if (input[key] !== undefined) settings[key] = input[key];
  if (input.LoggingConfig) {
    const given = input.LoggingConfig as Record<string, string>;
    const levels = given.LogFormat === 'JSON' ? { ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' } : {};
    settings.LoggingConfig = { ...levels, LogGroup: `/aws/lambda/${name}`, ...given };
  }
  return settings;
}

/** @throws {AwsError} for settings that Lambda rejects, in its own words. */
export function checkSettings(deps: LambdaDeps, input: Input, before?: FunctionConfiguration): void {
  const { Runtime, MemorySize, Timeout, Environment, Role } = input;
  if (Runtime !== undefined && OLD_RUNTIME.test(String(Runtime))) {
    throw invalidParameter(
      `The runtime parameter of ${Runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  if ((Runtime !== undefined || !before) && !RUNTIME.test(String(Runtime))) {
    throw invalidParameter(
      `Value ${Runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set or be a valid ARN`,
    );
  }
  checkRange('memorySize', MemorySize, 128, 10_240);
  checkRange('timeout', Timeout, 1, 900);
  const variables = (Environment as { Variables?: Record<string, string> } | undefined)?.Variables ?? {};
  const reserved = Object.keys(variables).filter((key) => RESERVED.test(key));
  if (reserved.length > 0) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > 4096) {
    throw invalidParameter(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
  if (Role !== undefined && Role !== before?.Role) checkRole(deps, String(Role));
}

/** @throws {AwsError} when Lambda cannot assume the role: missing, untrusted, or not yet propagated. */
function checkRole({ world, now, roleDelayMs }: LambdaDeps, arn: string): void {
  if (!/^arn:aws[a-zA-Z-]*:iam::\d{12}:role\/?[\w+=,.@\-/]+$/.test(arn)) {
    throw new AwsError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${arn}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+`,
    );
  }
  const role = roleOf(world, arn);
  const isSpread = role && now() >= (role.trustChangedAt ?? role.createdAt) + roleDelayMs;
  if (!isSpread || !isTrusted(role, 'lambda.amazonaws.com')) {
    throw invalidParameter('The role defined for the function cannot be assumed by Lambda.');
  }
}

/** @throws {AwsError} when the visibility timeout is shorter than the function's timeout. */
export function checkVisibility({ queues }: LambdaDeps, queueArn: string, timeoutSeconds: number): void {
  const visibility = queues.attributes(queueArn)?.VisibilityTimeout;
  if (visibility !== undefined && Number(visibility) < timeoutSeconds) {
    throw invalidParameter(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
    );
  }
}

function checkRange(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return;
  const bound = number > most ? `less than or equal to ${most}` : `greater than or equal to ${least}`;
  throw new AwsError(
    400,
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${bound}`,
  );
}
