import { FUNCTION_TIMEOUT_SECONDS, MAX_RECEIVE_COUNT } from '../worker-contract.ts';
import { touches } from './change.ts';
import type { Desired, Differences, ResourceKind } from './differences.ts';
import { planQuiet } from './resources/event-source-pause.ts';
import { EVENT_SOURCE_PROPERTY } from './resources/function-variables.ts';
import type { Observation } from './resources.ts';

/** What somebody should know about a resource before agreeing to a plan: full sentences. */
export function noteFor(
  kind: ResourceKind,
  observed: Observation,
  differs: Differences,
  { input, names }: Pick<Desired, 'input' | 'names'>,
): string[] {
  switch (kind) {
    case 'bucket':
      return noteForBucket(observed);
    case 'queue':
      return noteForQueue(observed, differs, names.deadLetterQueue);
    case 'function':
      return noteForFunction(observed, differs, input.workers, names);
    case 'eventSource':
      return noteForEventSource(observed, differs, input);
    default:
      return [];
  }
}

function noteForBucket({ bucket }: Observation): string[] {
  if (!bucket || bucket.ours) return [];
  if (!bucket.tagsDenied) return ['It was not made by tdd: it is used as it is and never changed.'];
  return [
    'Its tags cannot be read (s3:GetBucketTagging is denied), so it is used as it is and never changed.',
  ];
}

function noteForQueue({ queue }: Observation, differs: Differences, deadLetterQueue: string): string[] {
  if (!queue || queue.messages === 0 || !differs.queue || !touches(differs.queue, 'RedrivePolicy')) return [];
  return [
    `Messages that wait in it (about ${queue.messages}) stay; those received more than ${MAX_RECEIVE_COUNT} times (at most ${queue.messages}) go to ${deadLetterQueue}.`,
  ];
}

function noteForFunction(
  observed: Observation,
  differs: Differences,
  workers: number,
  names: Desired['names'],
): string[] {
  const found = observed.function;
  const notes: string[] = [];
  if (!found) return notes;
  const variables = (differs.function ?? []).some(
    ({ property, new: value }) =>
      property.startsWith('Environment.') && value === undefined && property !== EVENT_SOURCE_PROPERTY,
  );
  if (hasNewRole(observed, names.roleArn)) {
    notes.push(
      `Its role is newer than itself, and Lambda may still hold the key of its variables for the earlier one: should workers end with KMSAccessDeniedException, delete the function with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
    );
  }
  if (found.resumesEventSource) notes.push('The mark of an earlier deploy that was cut off goes from it.');
  if (variables) notes.push('Environment variables that tdd does not know are removed.');
  if (found.reservedConcurrency !== undefined && found.reservedConcurrency < workers) {
    notes.push(
      `Its reserved concurrency of ${found.reservedConcurrency}, set by hand, is below the ${workers} workers, and is left as it is.`,
    );
  }
  for (const { sourceArn } of observed.otherSources) {
    notes.push(
      `It also takes messages from ${sourceArn}. That is left as it is, but its role lets it read ${names.queue} alone: messages there go on waiting, until it is deployed with that queue again.`,
    );
  }
  return notes;
}

/**
 * Was the role deleted and made again after the function? Lambda's grant for the key goes to a role's id, not to its
 * name. https://www.lastweekinaws.com/blog/the-sneaky-weakness-behind-aws-managed-kms-keys/
 */
function hasNewRole({ role, function: found }: Observation, roleArn: string): boolean {
  // Another role is changed for ours, which makes the grant anew.
  if (!found || found.properties.Role !== (role?.arn ?? roleArn)) return false;
  if (!role) return true;
  return (role.createdAt?.getTime() ?? 0) > (found.changedAt?.getTime() ?? Number.POSITIVE_INFINITY);
}

function noteForEventSource(observed: Observation, differs: Differences, input: Desired['input']): string[] {
  const { eventSource, function: found } = observed;
  if (!eventSource) return ['It will be enabled.'];
  const { disables, waitsForWorkers } = planQuiet(observed, differs, input);
  if (!eventSource.enabled) {
    return [
      found?.resumesEventSource
        ? 'An earlier deploy that was cut off had disabled it: it is enabled again.'
        : 'It is disabled, and stays so: "tdd resume" enables it.',
    ];
  }
  if (!disables) return ['It is enabled, and stays so.'];
  return [
    waitsForWorkers
      ? `It is enabled, and disabled until the workers that run have ended (${MINUTES} minutes at most): with their larger share of the requests they would exceed the budget beside new ones. Then it is enabled again.`
      : 'It is enabled, is disabled while the function changes, and enabled again.',
  ];
}

const MINUTES = FUNCTION_TIMEOUT_SECONDS / 60;
