import type { CompleteSettings } from '../../app/connection.ts';
import { openAws, readIdentity } from '../../app/open-aws.ts';
import type { Identity } from '../../aws/clients.ts';
import { findSetting } from '../../config/resolve-settings.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type Settings } from '../../config/settings.ts';
import type { Deployment } from '../../deploy/apply.ts';
import { kindName } from '../../deploy/names.ts';
import type { PlannedResource } from '../../deploy/plan.ts';
import { CancelledError } from '../../errors.ts';
import { formatNumberOf, quote } from '../../text.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '../../worker-contract.ts';
import { announceOtherTmdb } from '../announce-tmdb.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import type { Flags } from '../flags.ts';
import { formatDuration, formatToCopy, indent, indented } from '../format.ts';
import { formatPlan } from '../format-plan.ts';
import { announceIdentity, processOf } from '../open-connection.ts';
import type { Style } from '../output.ts';
import { createStepLines } from '../step-lines.ts';

/** The input of `tdd deploy`. */
interface DeployInput {
  readonly settings: CompleteSettings;
  readonly dryRun: boolean;
  /** Whether `--adopt` is given. */
  readonly adopt: boolean;
  /** The caller's identity in AWS, if it was shown before the first question. */
  readonly identity: Identity | undefined;
  /** Settings that a flag or an answer gives to this deploy only. */
  readonly unsaved: readonly SettingName[];
}

/** The result of `tdd deploy`. */
export interface DeployResult {
  readonly identity: Identity;
  /** The planned changes, which were applied unless it was a dry run. */
  readonly resources: readonly PlannedResource[];
  /** The resulting deployment; absent after a dry run. */
  readonly deployment?: Deployment;
  readonly lambdaName: string;
  /** Whether the fleet is paused, and stays paused. */
  readonly paused: boolean;
}

const LIST = new Intl.ListFormat('en-US');

/** `tdd deploy`: creates or updates the workers on AWS. */
export const deploy = defineCommand<DeployInput, DeployResult>({
  description:
    'Creates or updates what the fleet needs on AWS: bucket, queues, role, log group, function and event source. It shows a ' +
    'plan and asks for confirmation; a second run changes only what differs.\n\n' +
    "The TMDB API key is stored in the function's environment: anyone who can read the function's configuration can " +
    'read the key.',
  settings: COMMAND_SETTINGS.deploy,
  examples: [
    ['tdd deploy', 'ask for names, show the plan and ask for confirmation'],
    ['tdd deploy --dry-run', 'show the plan only'],
    ['tdd deploy --workers 8 --yes', 'change the number of workers without asking'],
  ],
  declare: (command) =>
    command
      .option('--adopt', 'overwrite resources with these names that tdd did not create, and own them')
      .option('--dry-run', 'show the plan and change nothing'),
  readInput,
  run,
  format,
});

async function readInput(context: CommandContext, flags: Flags): Promise<DeployInput> {
  const given = await context.readSettings();
  const dryRun = readDryRun(context, flags, { act: 'deploy' });
  // A missing region or invalid credentials must not be reported only after the questions.
  const identity = context.mayAsk ? await identify(context) : undefined;
  const named = await context.confirmDefaults(given, ['lambdaName', 'queueName']);
  const bucketName = await context.requireSetting(named, 'bucketName');
  const apiKey = await context.requireSetting(named, 'apiKey');
  const settings = { ...named, bucketName, apiKey };
  return {
    settings,
    dryRun,
    adopt: flags.adopt === true,
    identity,
    unsaved: await findUnsaved(context, settings, given),
  };
}

/** Reads and shows the caller's identity in AWS. */
async function identify(context: CommandContext): Promise<Identity> {
  const identity = await readIdentity(processOf(context));
  announceIdentity(context, identity);
  return identity;
}

/** Finds the settings that the next command would not find in the environment or config.ini. */
async function findUnsaved(
  context: CommandContext,
  settings: Settings,
  given: Settings,
): Promise<SettingName[]> {
  const sources = await context.readSources();
  const saved = { env: sources.env, file: sources.file };
  return SETTING_NAMES.filter((name) => {
    const isSaved = settings[name] === given[name] && findSetting(name, sources)?.from !== 'flag';
    const next = findSetting(name, saved)?.text ?? SETTINGS[name].default;
    return !isSaved && String(settings[name]) !== next;
  });
}

/** Other commands, and the next deploy, would otherwise use another function or other settings. */
function explainUnsaved({ output, configPath }: CommandContext, unsaved: readonly SettingName[]): void {
  if (unsaved.length === 0) return;
  const keys = LIST.format(unsaved.map((name) => `[${SETTINGS[name].section}] ${SETTINGS[name].key}`));
  output.info(
    `To use the same settings in other commands and in the next deploy, set ${keys} in ${configPath}.`,
  );
}

async function run(
  context: CommandContext,
  { settings, dryRun, adopt, unsaved, ...input }: DeployInput,
): Promise<DeployResult> {
  const { output, signal } = context;
  warnOfOldNode(context);
  const identity = input.identity ?? (await identify(context));
  await warnIfKeyUnchecked(context, settings);
  const { planDeploy, applyDeployment } = await import('../../app/deploy.ts'); // See open-aws.ts.
  const connection = { ...(await openAws(processOf(context))), settings };
  const mayAsk = dryRun || context.prompter.isInteractive;
  const { plan } = await planDeploy(connection, { signal, identity, adopt: adopt || mayAsk });
  const { resources, staysPaused: paused } = plan;
  const result = { identity, resources, lambdaName: settings.lambdaName, paused };
  for (const { kind, name, changes } of plan.resources) {
    for (const { property, old = 'none', new: value = 'removed' } of changes) {
      output.debug(`${kindName(kind)} ${name}, ${property}: ${old} → ${value}`);
    }
  }
  if (dryRun) return result;

  showPlan(context, formatPlan(plan.resources, output.style));
  const foreign = adopt ? [] : resources.filter(({ overwrites }) => overwrites !== undefined);
  if (foreign.length > 0) await askToOverwrite(context, foreign, settings.lambdaName);
  else if (plan.steps.length > 0) {
    const message = `Deploy to account ${identity.accountId}, region ${identity.region}?`;
    await askConsent(context, message, 'Cancelled: nothing was changed.');
  }
  const lines = createStepLines(context);
  let steps = 0;
  try {
    const deployment = await applyDeployment(connection, plan, {
      signal,
      onStep: ({ resource, action }, state, limitMs = 0) => {
        if (state === 'started') lines.start(`${kindName(resource)}: ${action}`);
        if (state === 'waiting') {
          lines.note(
            action === 'wait for running workers'
              ? `at most ${formatNumberOf(FUNCTION_TIMEOUT_SECONDS / 60, 'minute')}`
              : `waiting for AWS, at most ${formatDuration(limitMs / 1_000)}`,
          );
        }
        if (state === 'done') {
          lines.done();
          steps += 1;
        }
      },
    });
    explainUnsaved(context, unsaved);
    return { ...result, deployment };
  } catch (error) {
    lines.stop();
    output.warn(
      `${steps} of ${formatNumberOf(plan.steps.length, 'step')} done: run the same command again to resume.`,
    );
    throw error;
  } finally {
    lines.stop();
  }
}

/** Asks for the function's name, as `destroy` does: `--yes` does not confirm that something is lost. */
async function askToOverwrite(
  { prompter, signal }: CommandContext,
  foreign: readonly PlannedResource[],
  name: string,
): Promise<void> {
  const what = LIST.format(foreign.map(({ kind, name }) => `the ${kindName(kind)} ${quote(name)}`));
  const message = `Type ${name} to overwrite ${what}, which tdd did not create:`;
  if (!(await prompter.confirmByName({ message, name }))) {
    throw new CancelledError('Cancelled: the name does not match, and nothing was changed.');
  }
  signal.throwIfAborted();
}

/** Checks the key before deploying: a worker whose key TMDB rejects stops the whole fleet. */
async function warnIfKeyUnchecked(
  context: CommandContext,
  { apiKey, tmdbBaseUrl: baseUrl }: DeployInput['settings'],
): Promise<void> {
  const { io, output, signal } = context;
  await announceOtherTmdb(context);
  const { checkKeyIfReachable } = await import('../../app/tmdb.ts'); // Loads got, 0.2 s: not for help or wrong usage.
  const whyUnchecked = await checkKeyIfReachable({
    baseUrl,
    apiKey,
    env: io.env,
    signal,
    timeoutMs: 5_000,
    trace: output.trace,
  });
  if (whyUnchecked) output.warn(`The API key was not checked. ${whyUnchecked.message}`);
}

/** The SDK's own warning is suppressed; this is the only place that shows it. It concerns later versions of tdd only. */
function warnOfOldNode({ output }: CommandContext): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 22) return;
  output.info(
    `Node ${process.versions.node} still works. Releases of tdd from January 2027 on will require Node 22 or later, because the AWS SDK will.`,
  );
}

function format({ resources, deployment, lambdaName, paused }: DeployResult, style: Style): string {
  if (deployment === undefined) return `${formatPlan(resources, style)}\n\nDry run: nothing was changed.`;
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
    indent(formatToCopy(rows, indented(style))),
    '',
    ...(paused
      ? [`The fleet is paused. Next: ${style.command('tdd resume')} lets the workers continue.`]
      : nextSteps(style)),
  ].join('\n');
}

function nextSteps(style: Style): string[] {
  return [
    'Next, download one partition on AWS, then see what a small first launch does and costs:',
    `  ${style.command('tdd simulate --year 2004 --initial AD --wait')}`,
    `  ${style.command('tdd launch --limit 3 --dry-run')}`,
  ];
}
