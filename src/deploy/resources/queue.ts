import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { undefinedIfNotFound } from '../../aws/errors.ts';
import { countMessages, depthsOf } from '../../aws/queue-interface.ts';
import { MAX_RECEIVE_COUNT, RETENTION_SECONDS, VISIBILITY_TIMEOUT_SECONDS } from '../../worker-contract.ts';
import { diffProperties, type Properties, touches } from '../change.ts';
import { retryUntilDeadLetterQueuePropagates, retryUntilQueueNameIsFree } from '../eventual-consistency.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import type { ObservedResource, Resource } from '../resource.ts';
import { waitFor } from '../wait.ts';

export interface ObservedQueue extends ObservedResource {
  readonly url: string;
  /** Approximate, as SQS counts: waiting, in flight and delayed. */
  readonly messages: number;
  readonly properties: Properties;
}

type QueueAttributes = Readonly<Partial<Record<QueueAttributeName, string>>>;

/** The queue that the workers take from. */
export const queue: Resource<'queue', ObservedQueue> = {
  ...defineQueue('queue', 'queueUrl', (names) => ({
    VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
    MessageRetentionPeriod: String(RETENTION_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: names.deadLetterQueueArn,
      maxReceiveCount: MAX_RECEIVE_COUNT,
    }),
  })),

  notes(found, { names }) {
    if (!found || found.observed.messages === 0 || !touches(found.changes, 'RedrivePolicy')) return [];
    const { messages } = found.observed;
    return [
      `Messages that wait in it (about ${messages}) stay; those received more than ${MAX_RECEIVE_COUNT} times (at most ${messages}) go to ${names.deadLetterQueue}.`,
    ];
  },
};

/** Where SQS moves what was received too often. */
export const deadLetterQueue = defineQueue('deadLetterQueue', 'deadLetterQueueUrl', () => ({
  MessageRetentionPeriod: String(RETENTION_SECONDS),
}));

/** @param attributesOf those that matter to us; others stay as they are. */
function defineQueue<Kind extends 'queue' | 'deadLetterQueue'>(
  kind: Kind,
  ref: 'queueUrl' | 'deadLetterQueueUrl',
  attributesOf: (names: DeploymentNames) => QueueAttributes,
): Resource<Kind, ObservedQueue> {
  return {
    kind,
    nameOf: (names) => names[kind],

    async observe({ clients: { sqs } }, names) {
      const found = await undefinedIfNotFound(
        sqs.send(new GetQueueUrlCommand({ QueueName: names[kind] })),
        ...NOT_FOUND,
      );
      const url = found?.QueueUrl;
      if (url === undefined) return undefined;
      // A queue that is being deleted still has a URL.
      const answer = await undefinedIfNotFound(
        sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })),
        ...NOT_FOUND,
      );
      const tags = await undefinedIfNotFound(
        sqs.send(new ListQueueTagsCommand({ QueueUrl: url })),
        ...NOT_FOUND,
      );
      if (!answer || !tags) return undefined;
      const attributes = answer.Attributes ?? {};
      const tag = tags.Tags?.[STACK_TAG];
      return {
        url,
        ours: tag === names.stack,
        messages: countMessages(depthsOf(attributes)),
        properties: {
          [STACK_TAG]: tag,
          VisibilityTimeout: attributes.VisibilityTimeout,
          MessageRetentionPeriod: attributes.MessageRetentionPeriod,
          RedrivePolicy: describeRedrive(attributes.RedrivePolicy),
        },
      };
    },

    refs: ({ url }) => ({ [ref]: url }),

    diff: (observed, { names }) =>
      diffProperties(observed.properties, { [STACK_TAG]: names.stack, ...attributesOf(names) }),

    steps(found, { names }) {
      const Attributes = attributesOf(names);
      const tags = { [STACK_TAG]: names.stack };
      if (!found) {
        const command = new CreateQueueCommand({ QueueName: names[kind], Attributes, tags });
        return [
          {
            action: 'create',
            async run(context) {
              const created = await retryUntilQueueNameIsFree(context, () =>
                context.clients.sqs.send(command),
              );
              if (!created.QueueUrl) throw new Error(`SQS gave no URL for the new queue ${names[kind]}.`);
              context.refs[ref] = created.QueueUrl;
            },
          },
        ];
      }
      const QueueUrl = found.observed.url;
      return [
        touches(found.changes, STACK_TAG) && {
          action: 'tag',
          run: ({ clients: { sqs } }) => sqs.send(new TagQueueCommand({ QueueUrl, Tags: tags })),
        },
        found.changes.some(({ property }) => property !== STACK_TAG) && {
          action: 'set attributes',
          run: (context) =>
            retryUntilDeadLetterQueuePropagates(context, () =>
              context.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes })),
            ),
        },
      ];
    },

    destroyNotes: ({ messages }) => (messages > 0 ? [`Messages in it (about ${messages}) are lost.`] : []),

    /**
     * Waits until SQS no longer finds the queue, which takes up to a minute: until then it would look as if it
     * stayed. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
     */
    async destroy({ clients: { sqs }, clock }, { name }) {
      const find = () =>
        undefinedIfNotFound(sqs.send(new GetQueueUrlCommand({ QueueName: name })), ...NOT_FOUND);
      const found = await find();
      if (!found) return;
      await undefinedIfNotFound(sqs.send(new DeleteQueueCommand({ QueueUrl: found.QueueUrl })), ...NOT_FOUND);
      const what = `The end of the queue ${JSON.stringify(name)}`;
      await waitFor({ clock }, { timeoutMs: 90_000, what }, async () =>
        (await find()) ? undefined : 'gone',
      );
    },
  };
}

/** What SQS says when there is no such queue: two names since its JSON protocol. */
const NOT_FOUND = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

function describeRedrive(policy: string | undefined): string | undefined {
  if (!policy) return undefined;
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(policy) as Record<string, unknown>;
    return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) });
  } catch {
    // Not what SQS gives, so not what is wanted either: it is shown and replaced.
    return policy;
  }
}
