import type { DeployClients } from '../deploy/clients.ts';
import type { Identity } from '../deploy/identity.ts';
import type { CommandContext } from './context.ts';

/** AWS as a command meets it. */
export interface Aws {
  readonly clients: DeployClients;
  readonly identity: Identity;
}

/**
 * Makes the clients of a command, asks AWS who one is, and says so.
 * @throws {UserError} when there is no region, or AWS takes no credentials.
 */
export async function openAws({ io, output }: CommandContext): Promise<Aws> {
  const { createClients } = await import('../deploy/clients.ts');
  const { observeIdentity } = await import('../deploy/identity.ts');
  const { createS3Client } = await import('../lake/create-s3-client.ts');
  const clients = createClients({ s3: createS3Client({ env: io.env }) });
  const identity = await observeIdentity({ clients, profile: io.env.AWS_PROFILE || undefined });
  const { region, accountId, arn, profile } = identity;
  const endpoint = io.env.AWS_ENDPOINT_URL ? `, at ${io.env.AWS_ENDPOINT_URL}` : '';
  output.info(`AWS account ${accountId}, region ${region}, profile ${profile ?? '(none)'}${endpoint}`);
  output.info(output.style.dim(`  as ${arn}`));
  return { clients, identity };
}
