import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { DeployClients } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';

/** SQS counts roughly, and may not know yet of a message that was just taken: one look is not enough. */
const IDLE_LOOKS = 3;
const LOOK_MS = 2_000;

/**
 * Waits until the workers have ended that ran when their event source was disabled: no message is in flight, or
 * they have run out of time. Messages that are put off count as in flight, too, so it may be the latter.
 * @param deadline milliseconds since the epoch, when none can be running any more.
 * @param onWait told when some are running.
 */
export async function waitForWorkers(
  { sqs, clock }: { readonly sqs: DeployClients['sqs']; readonly clock: Clock },
  queueUrl: string,
  deadline: number,
  onWait: () => void,
): Promise<void> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
  });
  let idleLooks = 0;
  while (clock.now() < deadline) {
    const { Attributes } = await sqs.send(command);
    const isIdle = Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0) === 0;
    idleLooks = isIdle ? idleLooks + 1 : 0;
    if (idleLooks === IDLE_LOOKS) return;
    if (!isIdle) onWait();
    await clock.sleep(Math.min(LOOK_MS, deadline - clock.now()));
  }
}
