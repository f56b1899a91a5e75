import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type CreateEventSourceMappingCommandOutput,
  ListTagsCommand,
} from '@aws-sdk/client-lambda';
import type { AwsClients } from '../../aws/clients.ts';
import { serviceErrorMatches } from '../../aws/errors.ts';

/**
 * Reads the tags of an event source.
 * @returns `undefined` where event sources have none: in some regions and emulators.
 */
export async function readEventSourceTags(
  lambda: AwsClients['lambda'],
  arn: string | undefined,
): Promise<Record<string, string> | undefined> {
  if (arn === undefined) return undefined;
  try {
    return (await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags ?? {};
  } catch (error) {
    if (isUntaggable(error)) return undefined;
    throw error;
  }
}

/** Creates an event source, without its tags where event sources have none. */
export async function createTaggedEventSource(
  lambda: AwsClients['lambda'],
  { Tags, ...input }: CreateEventSourceMappingCommandInput,
): Promise<CreateEventSourceMappingCommandOutput> {
  try {
    return await lambda.send(new CreateEventSourceMappingCommand({ ...input, Tags }));
  } catch (error) {
    if (!isUntaggable(error)) throw error;
    return await lambda.send(new CreateEventSourceMappingCommand(input));
  }
}

/**
 * Lambda's answers where event sources have no tags, such as in China:
 * https://github.com/hashicorp/terraform-provider-aws/issues/39820 and 39849, https://github.com/aws/aws-cdk/issues/31532.
 */
function isUntaggable(error: unknown): boolean {
  const pattern = /Tags not supported in request|Unsupported resource type for tagging/;
  return serviceErrorMatches(error, 'InvalidParameterValueException', pattern);
}
