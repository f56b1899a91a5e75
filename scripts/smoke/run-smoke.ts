import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLake } from '../../src/app/connection.ts';
import { openAws } from '../../src/app/open-aws.ts';
import { type Identity, observeIdentity } from '../../src/aws/clients.ts';
import type { DeployResult } from '../../src/cli/commands/deploy.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { formatDuration, formatTable } from '../../src/cli/format.ts';
import type { StatusResult } from '../../src/cli/format-status.ts';
import { announceIdentity, processOf } from '../../src/cli/open-connection.ts';
import type { PlannedDeletion } from '../../src/deploy/destroy.ts';
import { CancelledError, UsageError, UserError } from '../../src/errors.ts';
import { type Partition, partitionName } from '../../src/partition.ts';
import { compareDocuments } from './compare-documents.ts';
import { createTdd, type Tdd } from './run-tdd.ts';

/** The names of the resources that a smoke test creates on AWS. */
interface Names {
  readonly bucketName: string;
  readonly lambdaName: string;
  readonly queueName: string;
}

interface Step {
  readonly title: string;
  readonly run: () => Promise<unknown>;
}

/**
 * Shows what it will do, asks, runs every step of a first day with tdd, and deletes what it has created, even after a
 * failed step or Ctrl-C.
 * @returns the exit code.
 * @throws {UsageError} without a terminal; {@link CancelledError} for any answer other than the account ID, or Ctrl-C.
 */
export async function runSmoke(context: CommandContext, partition: Partition): Promise<number> {
  const { output, prompter, signal, io } = context;
  if (!prompter.isInteractive) {
    throw new UsageError(
      'The smoke test costs money and asks for confirmation: run it in a terminal, without CI set.',
    );
  }
  const settings = await context.readSettings();
  const apiKey = await context.requireSetting(settings, 'apiKey');
  const identity = await observeIdentity(await openAws(processOf(context)));
  const names = chooseNames(identity);
  const destroyCommand = describeDestroy(names);
  announceIdentity(context, identity);
  // Written directly: the output would wrap the command, which users copy.
  const showDestroy = () => void io.stderr.write(`  ${destroyCommand}\n`);
  output.info(describePlan(names, partition));
  showDestroy();
  const message = `Type the account ID, ${identity.accountId}, to run the smoke test there:`;
  if (!(await prompter.confirmByName({ message, name: identity.accountId }))) {
    throw new CancelledError('Cancelled: that is not the account ID, and nothing was created.');
  }
  signal.throwIfAborted();

  const folder = await mkdtemp(join(tmpdir(), 'tdd-smoke-'));
  const env = {
    ...io.env,
    TDD_CONFIG: join(folder, 'config.ini'),
    TMDB_API_KEY: apiKey,
    TMDB_BASE_URL: settings.tmdbBaseUrl,
    IMDB_DATASETS_URL: settings.imdbDatasetsUrl,
    DATALAKE_BUCKET_NAME: names.bucketName,
    TDD_LAMBDA_NAME: names.lambdaName,
    TDD_QUEUE_NAME: names.queueName,
  };
  const tdd = createTdd(io, { cwd: folder, env });
  const compare = async () =>
    compareDocuments(
      await openLake(join(folder, 'lake')),
      await openLake(`s3://${names.bucketName}`, { env: io.env }),
      partition,
    );
  const rows: string[][] = [];
  /** @returns whether the step passed. */
  async function measure({ title, run }: Step): Promise<boolean> {
    output.info(`\n${output.style.bold(title)}`);
    const startedMs = context.clock.now();
    let result = 'failed';
    try {
      await run();
      result = 'passed';
      return true;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (signal.aborted && title !== DELETE) result = 'cancelled';
      else output.warn(error.message);
      return false;
    } finally {
      rows.push([title, result, formatDuration((context.clock.now() - startedMs) / 1_000)]);
    }
  }

  let passed = true;
  try {
    for (const step of listSteps(tdd, partition, compare)) {
      passed = (await measure(step)) && !signal.aborted;
      if (!passed) break;
    }
  } finally {
    const isClean = await measure({
      title: DELETE,
      run: () => deleteAll(tdd, names.bucketName),
    });
    passed &&= isClean;
    if (!isClean) showDestroy();
    await rm(folder, { recursive: true, force: true });
    const columns = [{ title: 'step' }, { title: 'result' }, { title: 'time', align: 'right' as const }];
    output.info(`\n${formatTable(columns, rows)}`);
  }
  return passed ? 0 : 1;
}

const DELETE = 'Delete everything';

function chooseNames({ accountId, region }: Identity): Names {
  const name = `tdd-smoke-${randomBytes(3).toString('hex')}`;
  // Bucket names must be unique across all AWS accounts.
  return { bucketName: `${name}-${accountId}-${region}`, lambdaName: name, queueName: name };
}

/** Returns the command with which the user can delete everything. */
function describeDestroy({ bucketName, lambdaName, queueName }: Names): string {
  return `tdd destroy --lambda-name ${lambdaName} --queue-name ${queueName} --datalake-bucket-name ${bucketName} --delete-bucket ${bucketName}`;
}

function describePlan({ bucketName, lambdaName }: Names, partition: Partition): string {
  return [
    '',
    'The smoke test',
    `- downloads IMDb's list (about 210 MB) and the partition ${partitionName(partition)} to this machine;`,
    `- creates a function, a role, two queues and a log group named after ${lambdaName}, and the bucket ${bucketName};`,
    '- lets the workers download that partition and two small ones, and compares the documents;',
    '- deletes everything again.',
    'It takes about ten minutes and costs less than $0.01. It does not change your own deployment or config.ini.',
    'If this process is killed, this command deletes what is left:',
  ].join('\n');
}

function listSteps(tdd: Tdd, { year, initial }: Partition, compare: () => Promise<unknown>): Step[] {
  const partition = ['--year', String(year), '--initial', initial];
  const years = ['--min-year', String(year), '--max-year', String(year)];
  return [
    { title: 'Check the TMDB API key', run: () => tdd.run('development', '--yes') },
    { title: 'Download a partition locally', run: () => tdd.run('download', ...partition, '--to', 'lake') },
    { title: 'Deploy', run: () => tdd.run('deploy', '--yes') },
    { title: 'Deploy again, without a change', run: () => deployUnchanged(tdd) },
    {
      title: 'Send one partition to a worker',
      run: () => tdd.run('simulate', ...partition, '--wait'),
    },
    { title: 'Launch two partitions', run: () => tdd.run('launch', ...years, '--limit', '2', '--yes') },
    { title: 'Wait for the workers', run: () => waitForWorkers(tdd) },
    { title: 'Compare the documents', run: compare },
  ];
}

async function deployUnchanged(tdd: Tdd): Promise<void> {
  const { resources } = await tdd.runJson<DeployResult>('deploy', '--yes');
  const changed = resources.filter(({ action }) => action !== 'unchanged').map(({ name }) => name);
  if (changed.length > 0) throw new UserError(`The second deploy changed ${changed.join(', ')}.`);
}

async function waitForWorkers(tdd: Tdd): Promise<void> {
  await tdd.run('status', '--watch');
  const { phase } = await tdd.runJson<StatusResult>('status');
  if (phase !== 'complete') throw new UserError(`The launch is "${phase}", not complete.`);
}

/** @throws {UserError} when some resources may still exist. */
async function deleteAll(tdd: Tdd, bucketName: string): Promise<void> {
  const destroy = ['destroy', '--delete-bucket', bucketName];
  try {
    await tdd.run(...destroy, '--yes');
    const { resources } = await tdd.runJson<{ resources: readonly PlannedDeletion[] }>(
      ...destroy,
      '--dry-run',
    );
    const left = resources
      .filter(({ action }) => action !== 'absent')
      .map(({ kind, name }) => `${kind} ${name}`);
    if (left.length > 0) throw new UserError(`tdd destroy left ${left.join(', ')}.`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`Resources may be left on AWS. ${reason} Run this again:`, { cause });
  }
}
