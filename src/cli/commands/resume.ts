import type { SwitchReport } from '../../app/switch.ts';
import { defineCommand } from '../command.ts';
import { formatNumberOf } from '../format-launch.ts';
import { type OpenFleetInput, openFleet, readFleetInput } from '../open-fleet.ts';
import type { Style } from '../output.ts';

/** `tdd resume`: the workers take messages again. */
export const resume = defineCommand<OpenFleetInput, SwitchReport>({
  description: 'Enables the event source: the workers take messages from the queue again.',
  settings: ['bucketName', 'lambdaName', 'queueName'],
  readInput: readFleetInput,
  run: async (context, { settings }) => {
    const fleet = await openFleet(context, settings, { announce: true });
    const { resumeFleet } = await import('../../app/switch.ts');
    context.output.info('Enabling the event source …');
    return resumeFleet({ ...fleet, clock: context.clock }, { signal: context.signal });
  },
  format,
});

function format({ unchanged, queue }: SwitchReport, style: Style): string {
  const waiting = queue ? ` Waiting: ${formatNumberOf(queue.waiting, 'message')}.` : '';
  return [
    `${style.green('✔')} The fleet is ${unchanged ? 'running already' : 'running again'}.${waiting}`,
    `Next: ${style.bold('tdd status --watch')}`,
  ].join('\n');
}
