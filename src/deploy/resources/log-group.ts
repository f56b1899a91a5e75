import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutRetentionPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AwsClients } from '../../aws/clients.ts';
import { undefinedIfNotFound } from '../../aws/errors.ts';
import { diffProperties, type Properties, touches } from '../change.ts';
import { STACK_TAG } from '../names.ts';
import { ownerOf } from '../ownership.ts';
import type { ObservedResource, Resource } from '../resource.ts';

export interface ObservedLogGroup extends ObservedResource {
  readonly properties: Properties;
}

const RETENTION_DAYS = 30;

/** The CloudWatch log group of the function. */
export const logGroup: Resource<'logGroup', ObservedLogGroup> = {
  kind: 'logGroup',
  nameOf: (names) => names.logGroup,
  namedBy: '--lambda-name',
  overwrites: 'its retention (older log events are deleted)',
  // Lambda creates it, without a tag, when a function without a log group runs.
  isRecognized: (_observed, _names, isOwn) => isOwn('function'),

  async observe({ clients: { logs } }, names) {
    const group = await findLogGroup(logs, names.logGroup);
    if (!group) return undefined;
    const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn: names.logGroupArn }));
    const tag = tags?.[STACK_TAG];
    const retention = group.retentionInDays === undefined ? 'never expire' : String(group.retentionInDays);
    return { owner: ownerOf(names, tag), properties: { [STACK_TAG]: tag, RetentionInDays: retention } };
  },

  diff: (observed, { names }) =>
    diffProperties(observed.properties, {
      [STACK_TAG]: names.stack,
      RetentionInDays: String(RETENTION_DAYS),
    }),

  steps(found, { names }) {
    const { logGroup: logGroupName, logGroupArn: resourceArn } = names;
    const tags = { [STACK_TAG]: names.stack };
    return [
      !found && {
        action: 'create',
        run: ({ clients: { logs } }) => logs.send(new CreateLogGroupCommand({ logGroupName, tags })),
      },
      found !== undefined &&
        touches(found.changes, STACK_TAG) && {
          action: 'tag',
          run: ({ clients: { logs } }) => logs.send(new TagResourceCommand({ resourceArn, tags })),
        },
      (!found || touches(found.changes, 'RetentionInDays')) && {
        action: 'set retention',
        run: ({ clients: { logs } }) =>
          logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: RETENTION_DAYS })),
      },
    ];
  },

  destroy: ({ clients: { logs } }, { name }) =>
    undefinedIfNotFound(
      logs.send(new DeleteLogGroupCommand({ logGroupName: name })),
      'ResourceNotFoundException',
    ),
};

/** Finds a log group by its exact name. The API only searches by prefix, which other groups may share. */
async function findLogGroup(logs: AwsClients['logs'], name: string): Promise<LogGroup | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name, nextToken }));
    const group = page.logGroups?.find(({ logGroupName }) => logGroupName === name);
    if (group) return group;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
}
