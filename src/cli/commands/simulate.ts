import type { FleetConnection } from '../../app/fleet-connection.ts';
import { openQueues } from '../../app/open-aws.ts';
import {
  checkPartition,
  checkTitlesIfReadable,
  followRun,
  type RunEnd,
  type SentPartition,
  simulate as send,
} from '../../app/simulate.ts';
import type { Settings } from '../../config/settings.ts';
import { countDone, type Manifest } from '../../download/manifest.ts';
import { isEnabled } from '../../fleet/status.ts';
import { type Partition, partitionName } from '../../partition.ts';
import { formatNumberOf, toOneLine } from '../../text.ts';
import { askForPartition, readPartitionFlags } from '../ask-partition.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { formatFailures } from '../format-outcome.ts';
import { openCommandFleet, processOf } from '../open-connection.ts';
import type { Style } from '../output.ts';
import { createProgress } from '../progress.ts';
import { countFields } from '../show-progress.ts';

/** The input of `tdd simulate`. */
interface SimulateInput {
  readonly partition: Partition;
  readonly settings: Settings;
  /** The bucket of the lake in which to follow the run, with `--wait`. */
  readonly waitIn: string | undefined;
}

/** The result of `tdd simulate`. */
interface SimulateResult extends SentPartition {
  readonly queue: string;
  /** How the run ended, with `--wait`. */
  readonly end?: RunEnd;
}

/** `tdd simulate`: sends one partition to the workers. */
export const simulate = defineCommand<SimulateInput, SimulateResult>({
  description:
    'Sends one partition to the queue, just as a launch sends thousands, so that a worker downloads ' +
    'it. With --wait it shows the progress until the partition is complete or its message is in the dead-letter queue.',
  settings: COMMAND_SETTINGS.simulate,
  examples: [
    ['tdd simulate', 'ask for the partition'],
    ['tdd simulate --year 2004 --initial AD --wait', 'wait until it is complete'],
  ],
  declare: (command) =>
    command
      .option('--year <YYYY>', 'year of the movies')
      .option('--initial <II>', 'first two characters of the titles, such as AD, 50 or A_')
      .option('--wait', 'wait until the run ends; exit code 0 if the partition is complete, otherwise 1'),
  readInput,
  run,
  format,
  exitCode: ({ end }) => (end === undefined || (end.complete && end.counts?.titles !== 0) ? 0 : 1),
});

async function readInput(context: CommandContext, flags: Flags): Promise<SimulateInput> {
  const instruction = 'Use --year and --initial together.';
  const given = readPartitionFlags(context, flags, instruction);
  const settings = await context.readSettings();
  const partition = await askForPartition(context, given);
  const waitIn = flags.wait === true ? await context.requireSetting(settings, 'bucketName') : undefined;
  return { partition, settings, waitIn };
}

async function run(context: CommandContext, input: SimulateInput): Promise<SimulateResult> {
  const { clock, output, signal } = context;
  const { partition, settings, waitIn } = input;
  // Opened first: if nothing would come of the run, nothing must be sent.
  const fleet = waitIn === undefined ? undefined : await openFleetToFollow(context, input, waitIn);
  if (fleet === undefined) await checkTitles(context, input);
  const queues = fleet ?? (await openQueues(processOf(context), settings));
  const { messageId, ...rest } = await send({ ...queues, clock, random: Math.random }, partition, { signal });
  const sent = { messageId, queue: settings.queueName, ...rest };
  if (fleet === undefined) return sent;
  output.info(`Sent partition ${partitionName(partition)} as message ${messageId}.`);
  const eventSource = await fleet.workers.readEventSource();
  if (eventSource === undefined || !isEnabled(eventSource)) {
    output.warn(
      eventSource === undefined
        ? `No event source connects the queue to the function "${settings.lambdaName}", so no worker receives the message: run "tdd deploy".`
        : 'The fleet is paused: the message waits until you run "tdd resume".',
    );
  }
  const show = showRun(context);
  const options = { onProgress: show.update, signal };
  const end = await followRun(fleet, sent, options).finally(show.end);
  return { ...sent, end };
}

/** @throws {UserError} when the workers write to another bucket, or today's list has no titles in the partition. */
async function openFleetToFollow(
  context: CommandContext,
  { partition, settings }: SimulateInput,
  bucketName: string,
): Promise<FleetConnection> {
  const fleet = await openCommandFleet(
    context,
    { settings: { ...settings, bucketName } },
    { announce: false },
  );
  await checkPartition(fleet, partition, { signal: context.signal });
  return fleet;
}

/** @throws {UserError} when today's list in the configured bucket has no titles in the partition. */
async function checkTitles(context: CommandContext, { partition, settings }: SimulateInput): Promise<void> {
  const { bucketName } = settings;
  if (bucketName === undefined) return;
  const open = () =>
    openCommandFleet(context, { settings: { ...settings, bucketName } }, { announce: false });
  await checkTitlesIfReadable(open, partition, { signal: context.signal });
}

/** Shows the progress of a run, and the reason when it stopped and a worker will retry it. */
function showRun(context: CommandContext) {
  context.output.info('Following the run; Ctrl-C stops following it, but the message stays on the queue.');
  const bar = createProgress(context, 'titles', { waiting: 'Waiting for a worker' });
  let lastNews = '';
  return {
    update: (manifest: Manifest | undefined): void => {
      if (manifest === undefined) return;
      const { counts, lastRun } = manifest;
      bar.update({ done: countDone(counts), total: counts.titles, fields: countFields(counts) });
      const news = NEWS[lastRun.outcome];
      if (news !== undefined && news !== lastNews) context.output.info(news);
      lastNews = news ?? '';
    },
    end: bar.stop,
  };
}

const NEWS: Partial<Record<Manifest['lastRun']['outcome'], string>> = {
  stopped: 'The worker reached its time limit: another one continues.',
  failedTitles: 'Some titles failed: a worker retries them in a few minutes.',
  outage: 'TMDB is not responding: the worker waits and retries.',
  error: 'The worker failed (see its log): another one retries in a few minutes.',
};

function format({ messageId, queue, partition, run, end }: SimulateResult, style: Style): string {
  const name = style.bold(partitionName(partition));
  const ids = style.dim(`  message ${messageId}, run ${run}`);
  if (end === undefined) {
    return [
      `${style.green('✔')} Sent partition ${name} to the queue ${queue}.`,
      ids,
      `Next: ${style.command('tdd status')} shows the queue, the workers and the dead letters.`,
    ].join('\n');
  }
  const { counts, complete, reason, failures = [] } = end;
  if (complete && counts?.titles === 0) {
    return `${style.red('✖')} ${name} has no titles in IMDb's list: there is nothing to download.\n${ids}`;
  }
  const failed = counts?.failed ?? 0;
  return [
    complete
      ? `${style.green('✔')} ${name} is complete.`
      : `${style.red('✖')} ${name} is not complete. ${toOneLine(reason ?? '')}`.trimEnd(),
    ...(counts
      ? [
          `  ${formatNumberOf(counts.titles, 'title')}: ${counts.found} found, ${counts.notFound} not found, ${counts.refused} refused, ${counts.failed} failed; ${formatNumberOf(counts.reviews, 'review')}`,
        ]
      : []),
    ...(failed > 0 ? [`  ${failed} failed: ${formatFailures(failures, failed)}`] : []),
    ids,
    complete
      ? `Next: ${style.command('tdd launch --limit 3')} sends the three smallest partitions.`
      : `Next: ${style.command('tdd status')} shows what to do about it.`,
  ].join('\n');
}
