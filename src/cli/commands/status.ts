import { stripVTControlCharacters } from 'node:util';
import type { ReadProgress } from '../../app/manifest-summaries.ts';
import { followFleet, readStatus } from '../../app/status.ts';
import { UsageError } from '../../errors.ts';
import type { FleetStatus } from '../../fleet/status.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { formatStatus, type StatusResult } from '../format-status.ts';
import type { OutStream } from '../io.ts';
import { FLEET_SETTINGS, type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import { showManifestReading } from '../show-progress.ts';

/** The input of `tdd status`. */
interface StatusInput extends FleetInput {
  /** Show what the whole lake holds. */
  readonly totals: boolean;
  /** Poll until there is nothing more to wait for. */
  readonly watch: boolean;
}

/** `tdd status`: how far the fleet is. */
export const status = defineCommand<StatusInput, StatusResult>({
  description:
    "Shows the queues, the workers and how far the latest launch's partitions are, and says what to do when " +
    'something is wrong. All of it is read from AWS and the manifests in the lake; those that have not changed ' +
    'since the last look are not read again.',
  settings: FLEET_SETTINGS,
  declare: (command) =>
    command
      .option('--totals', 'add what the whole lake holds')
      .option('--watch', 'look every few seconds, until the fleet is complete, has ended or is paused'),
  readInput,
  run,
  format: formatStatus,
});

async function readInput(context: CommandContext, flags: Flags): Promise<StatusInput> {
  const watch = flags.watch === true;
  if (watch && context.output.json) {
    throw new UsageError('--watch draws for people and --json prints one document: give one of the two.');
  }
  return { ...(await readFleetInput(context)), totals: flags.totals === true, watch };
}

async function run(context: CommandContext, { settings, totals, watch }: StatusInput): Promise<StatusResult> {
  const { signal, io, secrets, output } = context;
  const fleet = await openCommandFleet(context, { settings }, { announce: false });
  let show = showManifestReading(context);
  const options = { signal, onProgress: (state: ReadProgress) => show.update(state) };
  const covering = createCoveringOutput(io.stdout);
  try {
    if (!watch) return toResult(await readStatus(fleet, options), totals);
    const last = await followFleet(fleet, { ...options, onStatus: draw });
    if (last.phase === 'paused') output.info('The fleet is paused: this watches no further.');
    return toResult(last, totals);
  } finally {
    show.end();
  }

  function draw(now: FleetStatus, isLast: boolean): void {
    show.end();
    show = showManifestReading(context);
    covering.clear();
    if (isLast) return; // The last status is the command's result.
    const style = output.resultStyle;
    const time = style.dim(now.at.slice(11, 19));
    covering.write(secrets.redact(`${formatStatus(toResult(now, totals), style)}\n${time}\n`));
  }
}

function toResult({ totals, ...rest }: FleetStatus, withTotals: boolean): StatusResult {
  return withTotals ? { ...rest, totals } : rest;
}

/** Text that overwrites its last version on a terminal; elsewhere each version is kept, followed by an empty line. */
interface CoveringOutput {
  /** Shows this version. */
  write(text: string): void;
  /** Erases the last version: what is written next takes its place. */
  clear(): void;
}

/** Erases only the last version's lines: what is above them stays. */
export function createCoveringOutput(stream: OutStream): CoveringOutput {
  let lines = 0;
  const clear = (): void => {
    if (stream.isTTY === true && lines > 0) stream.write(`\x1b[${lines}A\r\x1b[J`);
    lines = 0;
  };
  return {
    clear,
    write: (text) => {
      clear();
      stream.write(stream.isTTY === true ? text : `${text}\n`);
      lines = countRows(text, stream.columns || 80);
    },
  };
}

/** Rows that `text`, which ends with a line end, takes on a terminal of so many columns. */
function countRows(text: string, columns: number): number {
  const lines = stripVTControlCharacters(text).split('\n').slice(0, -1);
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / columns)), 0);
}
