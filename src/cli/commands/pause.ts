import type { PauseReport } from '../../app/switch.ts';
import type { QueueDepths } from '../../aws/queue-interface.ts';
import { formatNumberOf } from '../../text.ts';
import { FUNCTION_TIMEOUT_SECONDS, RETENTION_SECONDS } from '../../worker-contract.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { formatDuration } from '../format.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import type { Style } from '../output.ts';

/** `tdd pause`: workers finish their partitions and receive no more messages. */
export const pause = defineCommand<FleetInput, PauseReport>({
  description:
    'Disables the event source mapping: workers finish their current partitions, and all other messages wait on the queue ' +
    `until you run "tdd resume", for at most ${RETENTION_SECONDS / 86_400} days.`,
  settings: COMMAND_SETTINGS.pause,
  readInput: readFleetInput,
  run: async (context, input) => {
    const app = await import('../../app/switch.ts'); // See open-aws.ts.
    const fleet = await openCommandFleet(context, input, { announce: true, needsLake: false });
    const onChange = () => context.output.info('Disabling the event source (two minutes at most) …');
    const report = await app.pause(fleet, { signal: context.signal, onChange });
    for (const warning of report.warnings ?? []) context.output.warn(warning);
    return report;
  },
  format,
});

function format({ unchanged, queue, expiresFrom, expiresUntil }: PauseReport, style: Style): string {
  const lines = [`${style.green('✔')} The fleet ${unchanged ? 'was already' : 'is'} paused.`];
  if (queue && queue.inFlight > 0) {
    const limit = formatNumberOf(FUNCTION_TIMEOUT_SECONDS / 60, 'minute');
    lines.push(
      `In flight: ${formatNumberOf(queue.inFlight, 'message')}. Workers finish within ${limit}; messages that failed wait for a retry.`,
    );
  }
  const waiting = queue ? queue.waiting + queue.delayed : 0;
  if (queue && waiting > 0 && expiresUntil !== undefined) {
    const number = formatNumberOf(waiting, 'message');
    lines.push(
      expiresFrom === undefined
        ? `Waiting: ${number}; SQS deletes each one ${formatRetention(queue)} after it was sent, the last by ${expiresUntil.slice(0, 10)}.`
        : `Waiting: ${number}; SQS starts deleting those of the latest launch on ${expiresFrom.slice(0, 10)}.`,
    );
  }
  return [...lines, `Next: ${style.command('tdd resume')} lets the workers continue.`].join('\n');
}

function formatRetention({ retentionSeconds }: QueueDepths): string {
  const days = Math.floor(retentionSeconds / 86_400);
  return days > 0 ? formatNumberOf(days, 'day') : formatDuration(retentionSeconds);
}
