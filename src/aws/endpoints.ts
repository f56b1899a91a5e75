import { UsageError } from '../errors.ts';
import { quote } from '../text.ts';

/** Environment variables, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** `AWS_ENDPOINT_URL`, and the same for one service: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const ENDPOINT_VARIABLE = /^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/;

/** The variables whose text the SDK uses verbatim. */
const READ_BY_SDK =
  /^AWS_(REGION|PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ENDPOINT_URL(_[A-Z0-9_]+)?)$/;

/**
 * Checks the variables that the SDK reads. A file with Windows line ends, for example, adds a carriage return to each, and
 * the SDK's errors would name no variable.
 * @throws {UsageError} for whitespace at the beginning or the end of a value, and as {@link checkEndpoints}.
 */
export function checkAwsVariables(env: Environment): void {
  for (const [name, value = ''] of Object.entries(env)) {
    if (!READ_BY_SDK.test(name) || value === value.trim()) continue;
    const what = value.endsWith('\r')
      ? 'ends with a carriage return (\\r)'
      : 'begins or ends with whitespace';
    throw new UsageError(`${name} ${what}: remove it where the variable is set.`);
  }
  checkEndpoints(env);
}

/**
 * Checks the custom endpoints in the environment. The SDK would fail with an error that names no variable, or, for
 * `localhost:4566`, send requests to another host.
 * @throws {UsageError} for an endpoint that is not an http or https URL.
 */
function checkEndpoints(env: Environment): void {
  if (ignoresEndpoints(env)) return;
  for (const [name, value] of Object.entries(env)) {
    if (!ENDPOINT_VARIABLE.test(name) || !value) continue;
    if (/^https?:\/\//i.test(value) && URL.canParse(value)) continue;
    // A URL with "@" may contain a password.
    const got = value.includes('@') ? '' : ` (got ${quote(value)})`;
    throw new UsageError(`${name} must be a URL that begins with http:// or https://${got}.`);
  }
}

/**
 * Reads the custom endpoint of S3; the service's own variable takes precedence.
 * @throws {UsageError} as {@link checkAwsVariables}.
 */
export function readS3Endpoint(env: Environment): string | undefined {
  checkAwsVariables(env);
  return ignoresEndpoints(env) ? undefined : env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
}

function ignoresEndpoints(env: Environment): boolean {
  return env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
}
