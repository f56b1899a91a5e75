import { openAws } from '../../app/open-aws.ts';
import type { Identity } from '../../aws/clients.ts';
import type { Settings } from '../../config/settings.ts';
import type { PlannedDeletion } from '../../deploy/destroy.ts';
import { kindName } from '../../deploy/names.ts';
import { CancelledError, UsageError } from '../../errors.ts';
import { formatNumberOf, toOneLine } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { formatPlan } from '../format-plan.ts';
import { announceIdentity, processOf } from '../open-connection.ts';
import type { Style } from '../output.ts';
import { createStepLines } from '../step-lines.ts';

/** The input of `tdd destroy`. */
interface DestroyInput {
  readonly settings: Settings;
  /** Empty when the name is not configured and the bucket is kept. */
  readonly bucketName: string;
  readonly deleteBucket: boolean;
  /** The name given with `--delete-bucket`. */
  readonly typedBucket: string | undefined;
  readonly dryRun: boolean;
}

/** The result of `tdd destroy`. */
interface DestroyResult {
  readonly identity: Identity;
  readonly resources: readonly PlannedDeletion[];
  readonly dryRun: boolean;
  readonly lambdaName: string;
}

/** `tdd destroy`: deletes the resources of `tdd deploy`. */
export const destroy = defineCommand<DestroyInput, DestroyResult>({
  description:
    'Deletes the resources that tdd deploy created, in reverse order: event source, function, log group, role and queues. The ' +
    'bucket and its data are kept, unless you use --delete-bucket and confirm its name, and this deployment created it. ' +
    'Resources without the tag tdd:stack, and those of other deployments, are kept and listed.',
  settings: COMMAND_SETTINGS.destroy,
  declare: (command) =>
    command
      .option(
        '--delete-bucket [NAME]',
        'also delete the bucket and everything in it, including exports, if this deployment created it',
      )
      .option('--dry-run', 'show what would be deleted and change nothing'),
  readInput,
  run,
  format,
});

async function readInput(context: CommandContext, flags: Flags): Promise<DestroyInput> {
  const deleteBucket = flags.deleteBucket !== undefined;
  const typedBucket = typeof flags.deleteBucket === 'string' ? flags.deleteBucket : undefined;
  const dryRun = readDryRun(context, flags, { act: 'destroy' });
  const settings = await context.readSettings();
  const bucketName = deleteBucket
    ? await context.requireSetting(settings, 'bucketName')
    : (settings.bucketName ?? '');
  if (typedBucket !== undefined && typedBucket !== bucketName) {
    throw new UsageError(
      `--delete-bucket names ${JSON.stringify(typedBucket)}, but the deployment's bucket is ${bucketName}.`,
    );
  }
  return { settings, bucketName, deleteBucket, typedBucket, dryRun };
}

async function run(context: CommandContext, input: DestroyInput): Promise<DestroyResult> {
  const { output, signal } = context;
  const { settings, bucketName, deleteBucket, dryRun } = input;
  const { lambdaName } = settings;
  const { planDestroy, destroy: deleteAll } = await import('../../app/destroy.ts'); // See open-aws.ts.
  const connection = { ...(await openAws(processOf(context))), settings: { ...settings, bucketName } };
  const { identity, plan } = await planDestroy(connection, {
    deleteBucket,
    signal,
    onIdentity: (found) => announceIdentity(context, found),
  });
  // Hides the bucket if its name is not configured.
  const resources = plan.resources.filter(({ name }) => name !== '');
  const result = { identity, resources, dryRun, lambdaName };
  if (dryRun) return result;

  await agree(context, input, resources);
  const lines = createStepLines(context);
  try {
    // The user has typed these names or given them as flags.
    await deleteAll(
      connection,
      plan,
      { functionName: lambdaName, bucketName },
      {
        signal,
        onStep: ({ kind, name }, state) =>
          state === 'started' ? lines.start(`${kindName(kind)} ${name}: delete`) : lines.done(),
        onProgress: (removed) => lines.note(`${formatNumberOf(removed, 'object')} so far`),
      },
    );
    return result;
  } catch (error) {
    lines.stop();
    output.warn('Some resources still exist: run the same command again to resume.');
    throw error;
  }
}

/** Shows the plan and asks for the name of the function, and for that of the bucket, which `--yes` does not confirm. */
async function agree(
  context: CommandContext,
  { settings, bucketName, typedBucket }: DestroyInput,
  resources: readonly PlannedDeletion[],
): Promise<void> {
  const { yes, output, prompter, signal } = context;
  const goes = resources.filter(({ action }) => action === 'delete');
  showPlan(context, formatDeletions(resources, output.style));
  const refused = () => new CancelledError('Cancelled: the name does not match, and nothing was deleted.');
  const { lambdaName } = settings;
  if (goes.length > 0 && !yes) {
    const message = `Type ${lambdaName} to delete the resources marked "delete":`;
    if (!(await prompter.confirmByName({ message, name: lambdaName }))) throw refused();
  }
  if (typedBucket === undefined && goes.some(({ kind }) => kind === 'bucket')) {
    if (!prompter.isInteractive) {
      throw new UsageError(
        `Cannot ask for the bucket's name without a terminal: use --delete-bucket ${bucketName} to delete all its data.`,
      );
    }
    const question = `Type ${bucketName} to delete this bucket and all its data:`;
    if (!(await prompter.confirmByName({ message: question, name: bucketName }))) throw refused();
  }
  signal.throwIfAborted();
}

/** Formats the plan. A resource that is left is shown as kept; its note says why. */
function formatDeletions(resources: readonly PlannedDeletion[], style: Style): string {
  const lines = resources.map((planned) => ({
    ...planned,
    action: planned.action === 'leave' ? 'keep' : planned.action,
  }));
  return formatPlan(lines, style);
}

function format({ resources, dryRun, lambdaName }: DestroyResult, style: Style): string {
  if (dryRun) return `${formatDeletions(resources, style)}\n\nDry run: nothing was changed.`;
  const deleted = resources.filter(({ action }) => action === 'delete').length;
  const kept = resources.filter(({ action }) => action === 'keep' || action === 'leave');
  return [
    deleted === 0
      ? `${style.green('✔')} There is nothing to delete for ${lambdaName}.`
      : `${style.green('✔')} Deleted ${formatNumberOf(deleted, 'resource')} of ${lambdaName}.`,
    ...kept.map(({ kind, name, action, notes }) =>
      action === 'keep'
        ? `  Kept the ${kindName(kind)} ${toOneLine(name)}: --delete-bucket deletes it with all its data, if this deployment created it.`
        : `  Kept the ${kindName(kind)} ${toOneLine(name)}. ${toOneLine(notes.join(' '), 400)}`,
    ),
    ...(deleted > 0 ? [`Next: ${style.command('tdd deploy')} creates everything again.`] : []),
  ].join('\n');
}
