import { UserError } from '../errors.ts';
import { quote, toOneLine, withFullStop } from '../text.ts';
import { type AnyClient, wrapCalls } from './client-config.ts';

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
      const isMissing = error instanceof Error && /^(Credentials|Token)ProviderError$/.test(error.name);
      throw isMissing ? await explain(error, profile) : error;
    }
  });
}

async function explain(error: Error, named: string | undefined): Promise<Error> {
  const profile = named ?? 'default';
  const reason = error.message === CHAIN_FAILED ? await tryProfile(profile) : error.message;
  if (reason === undefined && named === undefined) return error;
  const flag = named === undefined ? '' : ` --profile ${/^[\w.@/-]+$/.test(named) ? named : quote(named)}`;
  const text =
    reason === undefined
      ? `The AWS profile ${quote(profile)} does not exist or has no credentials. Check AWS_PROFILE, or create it with "aws configure${flag}".`
      : `The AWS profile ${quote(profile)} has no valid credentials: ${withFullStop(toOneLine(reason, 500))} Check it in ~/.aws/config, or sign in with "aws sso login${flag}".`;
  return new UserError(text, { cause: error });
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
