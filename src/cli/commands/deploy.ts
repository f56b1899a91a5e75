import { userAgent } from '../../app/version.ts';
import type { Identity } from '../../aws/identity.ts';
import { SETTING_NAMES, SETTINGS, type Settings } from '../../config/settings.ts';
import type { Deployment } from '../../deploy/apply.ts';
import type { Plan, PlannedResource } from '../../deploy/plan.ts';
import { CancelledError, UsageError } from '../../errors.ts';
import { openAws } from '../aws.ts';
import { defineCommand, type Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatPlan, KIND_NAMES } from '../format-plan.ts';
import type { Style } from '../output.ts';
import { createStepLines } from '../step-lines.ts';

/** What `tdd deploy` was told. */
export interface DeployInput {
  readonly settings: Settings & { readonly bucketName: string; readonly apiKey: string };
  readonly dryRun: boolean;
}

/** What `tdd deploy` found and did. */
export interface DeployResult {
  readonly identity: Identity;
  /** What was planned, and, unless it was a dry run, done. */
  readonly resources: readonly PlannedResource[];
  /** What there is now; absent after a dry run. */
  readonly deployment?: Deployment;
  readonly lambdaName: string;
}

/** `tdd deploy`: puts the workers on AWS, or brings them up to date. */
export const deploy = defineCommand<DeployInput, DeployResult>({
  description:
    'Makes what the fleet needs on AWS: bucket, queues, role, log group, function, event source. It looks first, ' +
    'shows a plan and asks; run again, it changes only what differs.\n\n' +
    'The TMDB API key is kept in the environment of the function, readable by whoever may read the function.',
  settings: SETTING_NAMES.filter((name) => SETTINGS[name].flag !== undefined),
  declare: (command) => command.option('--dry-run', 'show the plan and change nothing'),
  readInput,
  run,
  format,
});

async function readInput(context: CommandContext, flags: Flags): Promise<DeployInput> {
  const dryRun = flags.dryRun === true;
  const settings = await context.readSettings();
  if (!dryRun && !context.yes && !context.prompter.isInteractive) {
    throw new UsageError(
      'There is no terminal to ask on: give --yes to deploy, or --dry-run to see the plan.',
    );
  }
  const bucketName = await context.requireSetting(settings, 'bucketName');
  const apiKey = await context.requireSetting(settings, 'apiKey');
  return { settings: { ...settings, bucketName, apiKey }, dryRun };
}

async function run(context: CommandContext, { settings, dryRun }: DeployInput): Promise<DeployResult> {
  const { output, prompter, signal } = context;
  warnOfOldNode(context);
  const { describeDeployment } = await import('../../app/describe-deployment.ts');
  const { planDeployment } = await import('../../deploy/plan.ts');
  const { applyDeployment } = await import('../../deploy/apply.ts');
  await warnOfDoubtfulKey(context, settings);
  const { clients, identity } = await openAws(context);
  const wanted = await describeDeployment(settings, identity);
  signal.throwIfAborted();

  const deps = { clients, clock: context.clock };
  const plan = await planDeployment(deps, wanted, { signal });
  const result = { identity, resources: plan.resources, lambdaName: settings.lambdaName };
  if (dryRun) return result;

  await agree(context, plan);
  const lines = createStepLines(context);
  let steps = 0;
  try {
    const deployment = await applyDeployment(deps, plan, {
      signal,
      onStep: ({ resource, action }, state) => {
        if (state === 'started') lines.start(`${KIND_NAMES[resource]}: ${action}`);
        if (state === 'waiting') {
          lines.note(action === 'wait for running workers' ? '5 minutes at most' : 'waiting for AWS');
        }
        if (state === 'done') {
          lines.done();
          steps += 1;
        }
      },
    });
    return { ...result, deployment };
  } catch (error) {
    lines.stop();
    output.warn(
      `${steps} of ${plan.steps.length} steps were done. Run "tdd deploy" again: it goes on from there.`,
    );
    throw error;
  } finally {
    lines.stop();
  }

  async function agree({ yes, io, secrets }: CommandContext, { resources }: Plan): Promise<void> {
    const text = `\n${formatPlan(resources, output.style)}\n\n`;
    // Nobody should agree to what was not shown, --quiet or not.
    if (!output.quiet || !yes) io.stderr.write(secrets.redact(text));
    if (plan.steps.length === 0 || yes) return;
    const message = `Do this in account ${identity.accountId}, region ${identity.region}?`;
    if (!(await prompter.confirm({ message }))) throw new CancelledError('cancelled: nothing was changed.');
    signal.throwIfAborted();
  }
}

/** A worker that meets a key that TMDB refuses stops the whole fleet: better to be told now. */
async function warnOfDoubtfulKey(
  { output, signal }: CommandContext,
  { apiKey, tmdbBaseUrl: baseUrl }: DeployInput['settings'],
): Promise<void> {
  const { createHttpGet } = await import('../../tmdb/http.ts');
  const { findKeyDoubt } = await import('../tmdb-connection.ts');
  const http = createHttpGet({ userAgent: userAgent(), timeoutMs: 5_000 });
  const doubt = await findKeyDoubt({ http, baseUrl, apiKey, signal });
  if (doubt) output.warn(`the key was not checked: ${doubt}`);
}

/** The SDK's own warning is kept silent; this is the one place that tells it. */
function warnOfOldNode({ output }: CommandContext): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 22) return;
  output.warn(
    `Node ${process.versions.node} is old: versions of the AWS SDK published after the first week of January 2027 need Node 22 or newer.`,
  );
}

function format({ resources, deployment, lambdaName }: DeployResult, style: Style): string {
  if (deployment === undefined) return `${formatPlan(resources, style)}\n\nA dry run: nothing was changed.`;
  const unchanged = resources.every(({ action }) => action === 'unchanged');
  const rows = [
    ['bucket', deployment.bucketArn],
    ['queue', deployment.queueArn],
    ['dead-letter queue', deployment.deadLetterQueueArn],
    ['role', deployment.roleArn],
    ['log group', deployment.logGroupArn],
    ['function', deployment.functionArn],
    ['event source', deployment.eventSourceId],
  ] as const;
  return [
    unchanged
      ? `${style.green('✔')} ${lambdaName} is up to date: nothing was changed.`
      : `${style.green('✔')} ${lambdaName} is deployed.`,
    ...rows.map(([kind, arn]) => `  ${kind.padEnd(18)} ${arn}`),
    '',
    `Next: ${style.bold('tdd simulate --year 2004 --initial AD --wait')} tries one partition on AWS,`,
    `      ${style.bold('tdd launch --limit 3 --dry-run')} shows what a first fleet would do and cost.`,
  ].join('\n');
}
