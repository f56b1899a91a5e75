import {
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutRetentionPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { DeployClients } from '../../aws/clients.ts';
import { type Change, diffProperties, type Properties } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';

/** A log group as it is. */
export interface ObservedLogGroup {
  readonly ours: boolean;
  readonly properties: Properties;
}

const RETENTION_DAYS = 30;

/** Reads the function's log group, or `undefined` when there is none. */
export async function observeLogGroup(
  { logs }: Pick<DeployClients, 'logs'>,
  names: DeploymentNames,
): Promise<ObservedLogGroup | undefined> {
  const group = await findLogGroup(logs, names.logGroup);
  if (!group) return undefined;
  const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn: names.logGroupArn }));
  const tag = tags?.[STACK_TAG];
  return {
    ours: tag === names.stack,
    properties: {
      [STACK_TAG]: tag,
      RetentionInDays: group.retentionInDays === undefined ? 'for ever' : String(group.retentionInDays),
    },
  };
}

export function diffLogGroup(observed: ObservedLogGroup, names: DeploymentNames): Change[] {
  return diffProperties(observed.properties, {
    [STACK_TAG]: names.stack,
    RetentionInDays: String(RETENTION_DAYS),
  });
}

export async function createLogGroup(
  { logs }: Pick<DeployClients, 'logs'>,
  names: DeploymentNames,
): Promise<void> {
  await logs.send(
    new CreateLogGroupCommand({ logGroupName: names.logGroup, tags: { [STACK_TAG]: names.stack } }),
  );
}

export async function setRetention(
  { logs }: Pick<DeployClients, 'logs'>,
  names: DeploymentNames,
): Promise<void> {
  await logs.send(
    new PutRetentionPolicyCommand({ logGroupName: names.logGroup, retentionInDays: RETENTION_DAYS }),
  );
}

export async function tagLogGroup(
  { logs }: Pick<DeployClients, 'logs'>,
  names: DeploymentNames,
): Promise<void> {
  await logs.send(
    new TagResourceCommand({ resourceArn: names.logGroupArn, tags: { [STACK_TAG]: names.stack } }),
  );
}

/** Groups are found by prefix: another function's name may begin like ours. */
async function findLogGroup(logs: DeployClients['logs'], name: string): Promise<LogGroup | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name, nextToken }));
    const group = page.logGroups?.find(({ logGroupName }) => logGroupName === name);
    if (group) return group;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
}
