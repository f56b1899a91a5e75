import { UserError } from '../errors.ts';
import { quote, toOneLine, withFullStop } from '../text.ts';
import { type AnyClient, wrapCalls } from './client-config.ts';
import { isConnectionFailure } from './errors.ts';

/** Where the SDK found credentials. `role`: the role of the instance or container that runs this process. */
export type CredentialSource = 'profile' | 'environment' | 'web identity' | 'role';

/**
 * Reads the source of credentials from the features that the SDK's providers record in them; other providers than
 * those of a role record one. The names are in `AwsSdkCredentialsFeatures` in @aws-sdk/types.
 * @returns `undefined` for credentials that a program passed to the client.
 */
export function sourceOfCredentials(credentials: object): CredentialSource | undefined {
  const { $source = {} } = credentials as { readonly $source?: object };
  const features = Object.keys($source);
  if (features.some((name) => /^CREDENTIALS_(PROFILE|SSO|PROCESS|LOGIN)/.test(name))) return 'profile';
  if (features.includes('CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN')) return 'web identity';
  if (features.includes('CREDENTIALS_ENV_VARS')) return 'environment';
  return features.includes('CREDENTIALS_CODE') ? undefined : 'role';
}

/** The SDK's message when every provider of its chain failed: it hides the reason why the profile did. */
const CHAIN_FAILED = 'Could not load credentials from any providers';

/** Makes a client explain why it has no credentials: which profile failed, and how. */
export function explainMissingCredentials<Client extends AnyClient>(
  client: Client,
  profile: string | undefined,
): Client {
  return wrapCalls(client, 'explainMissingCredentials', (next) => async (args) => {
    try {
      return await next(args);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (WRONG_MFA_CODE.test(error.message)) throw wrongMfaCode(error, profile);
      throw /^(Credentials|Token)ProviderError$/.test(error.name) ? await explain(error, profile) : error;
    }
  });
}

async function explain(error: Error, named: string | undefined): Promise<Error> {
  if (isConnectionFailure(error.message)) return error;
  const profile = named ?? 'default';
  const reason = error.message === CHAIN_FAILED ? await tryProfile(profile) : error.message;
  if (reason === undefined && named === undefined) return error;
  // The SDK keeps only the text of an error of a request.
  const [, connection] = /^ConnectionError: (.*)/s.exec(reason ?? '') ?? [];
  return new UserError(connection ?? describeFailure(profile, reason, named), { cause: error });
}

function describeFailure(profile: string, reason: string | undefined, named: string | undefined): string {
  const subject = `The AWS profile ${quote(profile)}`;
  const flag = named === undefined ? '' : ` --profile ${/^[\w.@/-]+$/.test(named) ? named : quote(named)}`;
  if (reason === undefined) {
    return `${subject} does not exist or has no credentials. Check AWS_PROFILE, or create it with "aws configure${flag}".`;
  }
  if (reason.includes('requires multi-factor authentication')) {
    return `${subject} needs an MFA code, which tdd can ask for only on a terminal. Run the command there, or set temporary credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.`;
  }
  if (SSO_EXPIRED.test(reason)) {
    return `${subject} has no valid SSO session: it has expired, or you have not signed in. Sign in with "aws sso login${flag}".`;
  }
  const failed = /^Command failed: .*?(?:\n(.*))?$/s.exec(reason);
  if (failed !== null || reason.includes('credential_process')) {
    const said =
      failed === null
        ? reason.replace(/^Profile \S+ credential_process /, 'it ')
        : failed[1]?.trim().split('\n')[0];
    return `The credential_process of the AWS profile ${quote(profile)} failed: ${withFullStop(toOneLine(said || 'it printed no reason', 500))} Run its command to see why, or correct it in ~/.aws/config.`;
  }
  return `${subject} has no valid credentials: ${withFullStop(toOneLine(reason, 500))} Check it in ~/.aws/config, or sign in with "aws sso login${flag}".`;
}

/** The SDK's messages for an SSO session that is missing, invalid or expired. */
const SSO_EXPIRED = /\bSSO session\b|Token is expired|run aws sso login/i;

/** STS's message for a wrong or repeated code. */
const WRONG_MFA_CODE = /MultiFactorAuthentication failed/;

function wrongMfaCode(cause: Error, named: string | undefined): UserError {
  return new UserError(
    `AWS rejected the MFA code for the profile ${quote(named ?? 'default')}. Run the command again with a new code: each code works once.`,
    { cause },
  );
}

/** Returns why a profile has no credentials; `undefined` when it does not exist or configures none. */
async function tryProfile(profile: string): Promise<string | undefined> {
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  try {
    await fromIni({ profile })();
    return 'they could not be read.';
  } catch (error) {
    const { message } = error as Error;
    return message.includes(`using profile: [${profile}]`) ? undefined : message;
  }
}
