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
import { ownerOf } from '../ownership.ts';
import type { Found, ObservedResource, Resource } from '../resource.ts';
import { waitFor } from '../wait.ts';

export interface ObservedQueue extends ObservedResource {
  readonly url: string;
  /** SQS's approximate count of messages: waiting, in flight and delayed. */
  readonly messages: number;
  /** Whether its access policy allows everyone to use it, without a condition. */
  readonly isPublic: boolean;
  readonly properties: Properties;
}

type QueueAttributes = Readonly<Partial<Record<QueueAttributeName, string>>>;

/** The queue from which the workers receive messages. */
export const queue: Resource<'queue', ObservedQueue> = {
  ...defineQueue('queue', 'queueUrl', (names) => ({
    VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
    MessageRetentionPeriod: String(RETENTION_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: names.deadLetterQueueArn,
      maxReceiveCount: MAX_RECEIVE_COUNT,
    }),
  })),

  // The Python tool gives its queue no mark of its own, but connects it to its function.
  isRecognized: (_observed, _names, isOwn) => isOwn('eventSource'),

  notes(found, { names }) {
    const notes = notesOf(found);
    if (!found || found.observed.messages === 0 || !touches(found.changes, 'RedrivePolicy')) return notes;
    const { messages } = found.observed;
    return [
      ...notes,
      `Its messages (about ${messages}) stay on it, except that SQS moves those received more than ${MAX_RECEIVE_COUNT} times to ${names.deadLetterQueue}.`,
    ];
  },
};

/** The queue to which SQS moves messages that were received too often (poison messages). */
export const deadLetterQueue = defineQueue('deadLetterQueue', 'deadLetterQueueUrl', () => ({
  MessageRetentionPeriod: String(RETENTION_SECONDS),
}));

/** @param attributesOf returns the attributes to set; all others stay unchanged. */
function defineQueue<Kind extends 'queue' | 'deadLetterQueue'>(
  kind: Kind,
  ref: 'queueUrl' | 'deadLetterQueueUrl',
  attributesOf: (names: DeploymentNames) => QueueAttributes,
): Resource<Kind, ObservedQueue> {
  return {
    kind,
    nameOf: (names) => names[kind],
    namedBy: '--queue-name',
    overwrites: 'its attributes',

    async observe({ clients: { sqs } }, names) {
      const found = await undefinedIfNotFound(
        sqs.send(new GetQueueUrlCommand({ QueueName: names[kind] })),
        ...NOT_FOUND,
      );
      const url = found?.QueueUrl;
      if (url === undefined) return undefined;
      // A queue that is being deleted still has a URL, but no attributes or tags.
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
        owner: ownerOf(names, tag),
        messages: countMessages(depthsOf(attributes)),
        isPublic: allowsEveryone(attributes.Policy),
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
              if (!created.QueueUrl) throw new Error(`SQS returned no URL for the new queue ${names[kind]}.`);
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

    notes: notesOf,

    destroyNotes: ({ messages }) =>
      messages > 0 ? [`Its messages (about ${messages}) will be deleted with it.`] : [],

    /**
     * Waits until SQS no longer finds the queue, which takes up to 60 seconds (eventual consistency). Until then it
     * would seem not to be deleted.
     * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
     */
    async destroy({ clients: { sqs }, clock }, { name }) {
      const find = () =>
        undefinedIfNotFound(sqs.send(new GetQueueUrlCommand({ QueueName: name })), ...NOT_FOUND);
      const found = await find();
      if (!found) return;
      await undefinedIfNotFound(sqs.send(new DeleteQueueCommand({ QueueUrl: found.QueueUrl })), ...NOT_FOUND);
      const what = `SQS to delete the queue ${JSON.stringify(name)}`;
      await waitFor({ clock }, { timeoutMs: 90_000, what }, async () =>
        (await find()) ? undefined : 'gone',
      );
    },
  };
}

function notesOf(found: Found<ObservedQueue> | undefined): string[] {
  if (!found?.observed.isPublic) return [];
  return ['Its access policy allows everyone to use it (Principal "*"); tdd does not change this policy.'];
}

function allowsEveryone(policy: string | undefined): boolean {
  if (!policy) return false;
  try {
    const { Statement = [] } = JSON.parse(policy) as { readonly Statement?: unknown };
    return [Statement].flat().some((statement) => {
      const { Effect, Principal, Condition } = statement as Readonly<Record<string, unknown>>;
      const { AWS = Principal } = (Principal ?? {}) as { readonly AWS?: unknown };
      return Effect === 'Allow' && Condition === undefined && [AWS].flat().includes('*');
    });
  } catch {
    return false;
  }
}

/** Since its JSON protocol, SQS has two names for the error "queue does not exist". */
const NOT_FOUND = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

function describeRedrive(policy: string | undefined): string | undefined {
  if (!policy) return undefined;
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(policy) as Record<string, unknown>;
    return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) });
  } catch {
    // Invalid JSON differs from the wanted policy: the plan shows it as drift, and deploy replaces it.
    return policy;
  }
}
