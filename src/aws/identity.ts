import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { UsageError, UserError } from '../errors.ts';
import { withClearErrors } from './calls.ts';
import type { DeployClients } from './clients.ts';

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
 * @throws {UserError} when the region is not set, or AWS takes no credentials.
 */
export async function observeIdentity(deps: {
  readonly clients: DeployClients & { region(): Promise<string> };
  readonly profile: string | undefined;
}): Promise<Identity> {
  const region = await readRegion(deps.clients);
  const answer = await withClearErrors(deps.clients).sts.send(new GetCallerIdentityCommand({}));
  if (!answer.Account) throw new UserError('AWS did not say which account this is: sign in again.');
  return { region, profile: deps.profile, accountId: answer.Account, arn: answer.Arn ?? '' };
}

async function readRegion(clients: { region(): Promise<string> }): Promise<string> {
  try {
    return await clients.region();
  } catch (error) {
    throw new UsageError(
      'No AWS region is set: set AWS_REGION, or give your profile one with "aws configure".',
      { cause: error },
    );
  }
}
