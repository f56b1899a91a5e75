import type { PauseReport } from '../../app/switch.ts';
import type { QueueDepths } from '../../aws/queue-interface.ts';
import { formatNumberOf } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { formatDuration } from '../format.ts';
import { FLEET_SETTINGS, type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import type { Style } from '../output.ts';

/** `tdd pause`: the workers finish what they have and take nothing more. */
export const pause = defineCommand<FleetInput, PauseReport>({
  description:
    'Disables the event source: workers finish the partitions they have, and the other messages wait on the queue ' +
    'until "tdd resume", for 14 days at most.',
  settings: FLEET_SETTINGS,
  readInput: readFleetInput,
  run: async (context, input) => {
    const app = await import('../../app/switch.ts'); // See open-aws.ts.
    const fleet = await openCommandFleet(context, input, { announce: true });
    context.output.info('Disabling the event source …');
    return app.pause(fleet, { signal: context.signal });
  },
  format,
});

function format({ unchanged, queue, expiresFrom, expiresUntil }: PauseReport, style: Style): string {
  const lines = [`${style.green('✔')} The fleet is paused${unchanged ? ' already' : ''}.`];
  if (queue && queue.inFlight > 0) {
    const number = formatNumberOf(queue.inFlight, 'message');
    lines.push(`With workers, who finish within five minutes, or put off until their next try: ${number}.`);
  }
  const waiting = queue ? queue.waiting + queue.delayed : 0;
  if (queue && waiting > 0 && expiresUntil !== undefined) {
    const number = formatNumberOf(waiting, 'message');
    lines.push(
      expiresFrom === undefined
        ? `Waiting: ${number}; SQS drops them ${formatRetention(queue)} after they were sent, the last by ${expiresUntil.slice(0, 10)}.`
        : `Waiting: ${number}; SQS drops those of the latest launch from ${expiresFrom.slice(0, 10)} on.`,
    );
  }
  return [...lines, `Next: ${style.bold('tdd resume')}`].join('\n');
}

function formatRetention({ retentionSeconds }: QueueDepths): string {
  const days = Math.floor(retentionSeconds / 86_400);
  return days > 0 ? formatNumberOf(days, 'day') : formatDuration(retentionSeconds);
}
