import type { ReadProgress } from '../../app/manifest-summaries.ts';
import { followFleet, readStatus } from '../../app/status.ts';
import type { Identity } from '../../aws/clients.ts';
import { CancelledError, UsageError } from '../../errors.ts';
import type { FleetStatus } from '../../fleet/status.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { formatStatus, type StatusResult } from '../format-status.ts';
import { canDraw } from '../io.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import { createRedrawnText } from '../redrawn-text.ts';
import { showManifestReading } from '../show-progress.ts';
import { fitTo } from '../terminal-text.ts';

/** The input of `tdd status`. */
interface StatusInput extends FleetInput {
  /** Add the totals of the whole lake. */
  readonly totals: boolean;
  /** Poll until the fleet is complete, ended or paused. */
  readonly watch: boolean;
}

/** `tdd status`: the progress of the fleet. */
export const status = defineCommand<StatusInput, StatusResult>({
  description:
    'Shows the progress of the latest launch, the queues and the workers, and what to do next. Everything is read from ' +
    'AWS and from the manifests in the lake; only manifests that changed since the last time are read.',
  settings: COMMAND_SETTINGS.status,
  declare: (command) =>
    command
      .option('--totals', 'add the totals of the whole lake')
      .option('--watch', 'refresh every few seconds until the fleet is complete, has ended or is paused'),
  readInput,
  run,
  format: formatStatus,
});

async function readInput(context: CommandContext, flags: Flags): Promise<StatusInput> {
  const watch = flags.watch === true;
  if (watch && context.output.json) {
    throw new UsageError('--watch and --json cannot be used together: use only one of them.');
  }
  return { ...(await readFleetInput(context)), totals: flags.totals === true, watch };
}

async function run(context: CommandContext, { settings, totals, watch }: StatusInput): Promise<StatusResult> {
  const { signal, io, secrets, output } = context;
  if (watch) output.info("Reading the fleet's state …");
  let identity: Identity | undefined;
  let show = showManifestReading(context);
  const options = { signal, onProgress: (state: ReadProgress) => show.update(state) };
  const redrawn = createRedrawnText(io.stdout, {
    overwrites: canDraw(io.stdout, io.env) && !output.verbose, // --verbose prints other lines in between.
  });
  try {
    const fleet = await openCommandFleet(context, { settings }, { announce: false });
    // Optional: the status needs no STS permission, which may be unreachable where the other services are not.
    identity = await fleet.identify().catch(() => undefined);
    if (!watch) return toResult(await readStatus(fleet, options));
    const last = await followFleet(fleet, { ...options, onStatus: draw });
    if (last.phase === 'paused') output.info('The fleet is paused: stopped watching.');
    return toResult(last);
  } catch (error) {
    if (watch && error instanceof CancelledError)
      throw new CancelledError('Stopped watching; the fleet continues.', { cause: error });
    throw error;
  } finally {
    show.end();
  }

  function draw(now: FleetStatus, isLast: boolean): void {
    show.end();
    show = showManifestReading(context);
    // The last status is the command's result.
    if (isLast) redrawn.clear();
    else redrawn.show(() => render(now));
  }

  function render(now: FleetStatus): string {
    const style = output.resultStyle;
    const text = `${formatStatus(toResult(now), style)}\n\n${style.dim(`${now.at.slice(11, 19)} UTC, Ctrl-C to stop watching`)}`;
    return fitTo(io.stdout, secrets.redact(text));
  }

  function toResult({ totals: all, ...rest }: FleetStatus): StatusResult {
    return {
      ...rest,
      ...(identity !== undefined && { accountId: identity.accountId, region: identity.region }),
      ...(totals && { totals: all }),
    };
  }
}
