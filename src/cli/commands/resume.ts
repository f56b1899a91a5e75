import type { SwitchReport } from '../../app/switch.ts';
import { formatNumberOf } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import type { Style } from '../output.ts';

/** `tdd resume`: workers receive messages again. */
export const resume = defineCommand<FleetInput, SwitchReport>({
  description: 'Enables the event source mapping: workers receive messages from the queue again.',
  settings: COMMAND_SETTINGS.resume,
  readInput: readFleetInput,
  run: async (context, input) => {
    const app = await import('../../app/switch.ts'); // See open-aws.ts.
    const fleet = await openCommandFleet(context, input, { announce: true, needsLake: false });
    const onChange = () => context.output.info('Enabling the event source (two minutes at most) …');
    const report = await app.resume(fleet, { signal: context.signal, onChange });
    for (const warning of report.warnings ?? []) context.output.warn(warning);
    return report;
  },
  format,
});

function format({ unchanged, queue }: SwitchReport, style: Style): string {
  const waiting = queue ? ` Waiting: ${formatNumberOf(queue.waiting, 'message')}.` : '';
  return [
    `${style.green('✔')} The fleet ${unchanged ? 'was already running' : 'is running again'}.${waiting}`,
    `Next: ${style.command('tdd status --watch')} shows the progress of the fleet.`,
  ].join('\n');
}
