import type { SummaryCache } from '../../app/manifest-summaries.ts';
import { UsageError } from '../../errors.ts';
import type { FleetStatus } from '../../fleet/status.ts';
import { defineCommand, type Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { createCoveringOutput } from '../covering-output.ts';
import { formatStatus } from '../format-status.ts';
import { type OpenFleetInput, openFleet, readFleetInput } from '../open-fleet.ts';
import { showManifestReading } from '../read-summaries.ts';

/** What `tdd status` was told. */
export interface StatusInput extends OpenFleetInput {
  /** Show what the whole lake holds. */
  readonly totals: boolean;
  /** Look again and again. */
  readonly watch: boolean;
}

/** How the fleet is; `totals` only where they were asked for. */
export type StatusResult = Omit<FleetStatus, 'totals'> & Partial<Pick<FleetStatus, 'totals'>>;

const WATCH_MS = 5_000;

/** `tdd status`: how far the fleet is. */
export const status = defineCommand<StatusInput, StatusResult>({
  description:
    "Shows the queues, the workers and how far the latest launch's partitions are, and says what to do when " +
    'something is wrong. All of it is read from AWS and the manifests in the lake; those that have not changed ' +
    'since the last look are not read again.',
  settings: ['bucketName', 'lambdaName', 'queueName'],
  declare: (command) =>
    command
      .option('--totals', 'add what the whole lake holds')
      .option('--watch', 'look every few seconds, until the fleet is complete, has ended or is paused'),
  readInput,
  run,
  format: (result, style) => toText(result, style),
});

async function readInput(context: CommandContext, flags: Flags): Promise<StatusInput> {
  const watch = flags.watch === true;
  if (watch && context.output.json) {
    throw new UsageError('--watch draws for people and --json prints one document: give one of the two.');
  }
  return { ...(await readFleetInput(context)), totals: flags.totals === true, watch };
}

async function run(context: CommandContext, { settings, totals, watch }: StatusInput): Promise<StatusResult> {
  const { clock, signal, io, secrets, output } = context;
  const fleet = await openFleet(context, settings, { announce: false });
  const { readStatus } = await import('../../app/status.ts');
  const deps = { ...fleet, cache: watch ? keepInMemory(fleet.cache) : fleet.cache, clock };
  const { watchForEnd } = await import('../../fleet/status.ts');
  const isOver = watchForEnd();
  const covering = createCoveringOutput(io.stdout);
  while (true) {
    const show = showManifestReading(context);
    const now = await readStatus(deps, { signal, onProgress: show.update }).finally(show.end);
    const { totals: lakeTotals, ...rest } = now;
    const result = totals ? { ...rest, totals: lakeTotals } : rest;
    covering.clear();
    if (!watch) return result;
    if (isOver(now)) {
      if (now.phase === 'paused') output.info('The fleet is paused: this watches no further.');
      return result;
    }
    const style = output.resultStyle;
    const time = style.dim(now.at.slice(11, 19));
    covering.write(secrets.redact(`${toText(result, style)}\n${time}\n`));
    await clock.sleep(WATCH_MS, signal);
  }
}

function toText(result: StatusResult, style: Parameters<typeof formatStatus>[1]): string {
  const { totals = NO_TOTALS } = result;
  return formatStatus({ ...result, totals }, style, { totals: result.totals !== undefined });
}

const NO_TOTALS: FleetStatus['totals'] = {
  partitions: 0,
  complete: 0,
  counts: { titles: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 },
};

/** A cache whose file is read once, however often one looks. */
function keepInMemory(file: SummaryCache): SummaryCache {
  let kept: string | undefined;
  return {
    read: async () => (kept ??= await file.read()),
    write: async (text) => {
      kept = text;
      await file.write(text);
    },
  };
}
