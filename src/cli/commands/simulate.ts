import { openLakeAt, openQueues } from '../../app/open-aws.ts';
import { followRun, type RunEnd, type SentPartition, simulate as send } from '../../app/simulate.ts';
import { countDone, type Manifest } from '../../download/manifest.ts';
import type { LakeLocation } from '../../lake/open-lake.ts';
import { type Partition, partitionName } from '../../partition.ts';
import { formatNumberOf, toOneLine } from '../../text.ts';
import { askForPartition, readPartitionFlags } from '../ask-partition.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { processOf, readBucketLocation } from '../open-connection.ts';
import type { Style } from '../output.ts';
import { createProgress } from '../progress.ts';
import { countFields } from '../show-progress.ts';

/** The input of `tdd simulate`. */
interface SimulateInput {
  readonly partition: Partition;
  readonly queueName: string;
  /** The lake to follow the run in, with `--wait`. */
  readonly waitIn: LakeLocation | undefined;
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
    'Sends the message of one partition to the queue, as a launch does for thousands, so that a worker downloads ' +
    'it. With --wait it shows the progress until the partition is complete or its message is in the dead-letter queue.',
  settings: ['queueName', 'bucketName'],
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
  exitCode: ({ end }) => (end === undefined || end.complete ? 0 : 1),
});

async function readInput(context: CommandContext, flags: Flags): Promise<SimulateInput> {
  const instruction = 'Give --year and --initial together.';
  const given = readPartitionFlags(context, flags, instruction);
  const settings = await context.readSettings();
  const partition = await askForPartition(context, given);
  const waitIn = flags.wait === true ? await readBucketLocation(context, settings) : undefined;
  return { partition, queueName: settings.queueName, waitIn };
}

async function run(context: CommandContext, input: SimulateInput): Promise<SimulateResult> {
  const { clock, output, signal } = context;
  const { partition, queueName, waitIn } = input;
  // Opened first: if the lake does not exist, nothing must be sent.
  const lake = waitIn && (await openLakeAt(processOf(context), waitIn));
  const queues = await openQueues(processOf(context), { queueName });
  const { messageId, ...rest } = await send({ ...queues, clock, random: Math.random }, partition, { signal });
  const sent = { messageId, queue: queueName, ...rest };
  if (lake === undefined) return sent;
  output.info(`Sent partition ${partitionName(partition)} as message ${messageId}.`);
  const show = showRun(context);
  const options = { onProgress: show.update, signal };
  const end = await followRun({ ...queues, lake, clock }, sent, options).finally(show.end);
  return { ...sent, end };
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
  outage: 'TMDB does not answer: the worker waits and retries.',
  error: 'The worker failed (see its log): another one retries in a few minutes.',
};

function format({ messageId, queue, partition, run, end }: SimulateResult, style: Style): string {
  const name = style.bold(partitionName(partition));
  const ids = style.dim(`  message ${messageId}, run ${run}`);
  if (end === undefined) {
    return [
      `${style.green('✔')} Sent partition ${name} to the queue ${queue}.`,
      ids,
      `Next: ${style.bold('tdd status')} shows the queue, the workers and the dead letters.`,
    ].join('\n');
  }
  const { counts, complete, reason } = end;
  if (complete && counts?.titles === 0) {
    return `${style.green('✔')} ${name} has no titles in IMDb's list: there is nothing to download.\n${ids}`;
  }
  return [
    complete
      ? `${style.green('✔')} ${name} is complete.`
      : `${style.red('✖')} ${name} is not complete. ${toOneLine(reason ?? '')}`.trimEnd(),
    ...(counts
      ? [
          `  ${formatNumberOf(counts.titles, 'title')}: ${counts.found} found, ${counts.notFound} not found, ${counts.refused} refused, ${counts.failed} failed; ${formatNumberOf(counts.reviews, 'review')}`,
        ]
      : []),
    ids,
  ].join('\n');
}
