import type { DeployClients } from '../aws/clients.ts';
import type { Identity } from '../aws/identity.ts';
import type { CommandContext } from './context.ts';
import { endingClients } from './ending-clients.ts';

/** AWS as a command meets it. */
export interface Aws {
  readonly clients: DeployClients;
  readonly identity: Identity;
}

/**
 * Makes the clients of a command, asks AWS who one is, and says so.
 * @throws {UserError} when there is no region, or AWS takes no credentials.
 */
export async function openAws(context: CommandContext): Promise<Aws> {
  const { io, output } = context;
  const { observeIdentity } = await import('../aws/identity.ts');
  const clients = await createAwsClients(context);
  const identity = await observeIdentity({ clients, profile: io.env.AWS_PROFILE || undefined });
  const { region, accountId, arn, profile } = identity;
  const endpoint = io.env.AWS_ENDPOINT_URL ? `, at ${io.env.AWS_ENDPOINT_URL}` : '';
  output.info(`AWS account ${accountId}, region ${region}, profile ${profile ?? '(none)'}${endpoint}`);
  output.info(output.style.dim(`  as ${arn}`));
  return { clients, identity };
}

/** Makes the clients of a command; nothing is asked yet. */
export async function createAwsClients(
  context: CommandContext,
): Promise<DeployClients & { region(): Promise<string> }> {
  const { createClients } = await import('../aws/clients.ts');
  const { createS3Client } = await import('../aws/s3-client.ts');
  const { region, ...clients } = createClients({ s3: createS3Client({ env: context.io.env }) });
  return { ...endingClients(clients, context), region };
}
