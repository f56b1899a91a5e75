import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import type { DeploymentNames } from '../names.ts';

/** On the function while a deploy has its event source disabled, so that one that is cut off is taken up. */
export const RESUME_TAG = 'tdd:event-source';

/** Marks the function: its event source was enabled before this deploy disabled it. */
export async function markEventSource(
  { lambda }: Pick<DeployClients, 'lambda'>,
  names: DeploymentNames,
): Promise<void> {
  await lambda.send(
    new TagResourceCommand({ Resource: names.functionArn, Tags: { [RESUME_TAG]: 'enable-again' } }),
  );
}

/** Takes the mark of {@link markEventSource} away. */
export async function unmarkEventSource(
  { lambda }: Pick<DeployClients, 'lambda'>,
  names: DeploymentNames,
): Promise<void> {
  await lambda.send(new UntagResourceCommand({ Resource: names.functionArn, TagKeys: [RESUME_TAG] }));
}
