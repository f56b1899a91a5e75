import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { UserError } from '../errors.ts';
import type { AwsClients } from './clients.ts';
import { explainAwsError } from './errors.ts';

/** Who one is in AWS, and where: shown before anything changes. */
export interface Identity {
  readonly region: string;
  /** Of `~/.aws`; `undefined` when the credentials come from elsewhere. */
  readonly profile: string | undefined;
  /** Twelve digits. */
  readonly accountId: string;
  /** The user or role: `arn:aws:iam::123456789012:user/ada`. */
  readonly arn: string;
}

/**
 * Asks AWS who one is.
 * @throws {UserError} when no region is set, or AWS does not accept the credentials.
 */
export async function observeIdentity(deps: {
  readonly clients: AwsClients & { region(): Promise<string> };
  readonly profile: string | undefined;
}): Promise<Identity> {
  try {
    const region = await deps.clients.region();
    const { Account, Arn = '' } = await deps.clients.sts.send(new GetCallerIdentityCommand({}));
    if (!Account) throw new UserError('AWS did not say which account this is: sign in again.');
    return { region, profile: deps.profile, accountId: Account, arn: Arn };
  } catch (error) {
    throw explainAwsError(error, { actions: ['sts:GetCallerIdentity'], subject: 'this account' });
  }
}
