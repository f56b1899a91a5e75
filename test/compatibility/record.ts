import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SANDBOX_BUCKET, type Sandbox } from '../../sandbox/start-sandbox.ts';
import type * as publicApi from '../../src/index.ts';
import { describeJson } from './describe-json.ts';

/** The exports of any version's `src/index.ts`. */
export type PublicApi = typeof publicApi;

/** The exit code and output of a run. */
interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `tdd` of some version. */
export interface Program {
  /** Runs it without a terminal, 80 columns wide, with nothing but `env` in its environment. */
  run(
    argv: readonly string[],
    options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ): Promise<Run>;
}

/** The contents of a fixture: texts by name. */
export type Recording = Readonly<Record<string, string>>;

/** A sandbox with a small catalogue, which must always be the same. */
export const SANDBOX_OPTIONS = { titles: 90, years: [2023], latencyMs: 1 };

/** Records the commands and flags in the `--help` of the program and of each command. */
export async function recordHelp({ run }: Program, cwd: string): Promise<Recording> {
  const helpOf = async (...command: string[]) => {
    const { exitCode, stdout } = await run([...command, '--help'], { cwd, env: {} });
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)];
    const flags = stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm);
    const names = (matches: Iterable<RegExpMatchArray>) => [...matches].map(([, name = '']) => name).sort();
    return {
      commands: names(commands),
      lines: [...names(commands), ...names(flags), `exit code ${exitCode}`],
    };
  };
  const { commands, lines } = await helpOf();
  const recording: Record<string, string> = { tdd: joinLines(lines) };
  for (const name of commands) {
    if (name !== 'help') recording[`tdd ${name}`] = joinLines((await helpOf(name)).lines);
  }
  return recording;
}

const BUCKET = { DATALAKE_BUCKET_NAME: 'bucket' };
const KEY = { TMDB_API_KEY: '0123456789abcdef0123456789abcdef' };

/** Common mistakes by the settings that are given. Each is reported before the first request to AWS, TMDB or IMDb. */
const MISTAKES: Readonly<
  Record<string, { readonly env: Readonly<Record<string, string>>; readonly argvs: readonly string[] }>
> = {
  'without settings': {
    env: {},
    argvs: [
      '--unknown',
      'deplyo',
      'development',
      'development --datalake-bucket-name Not_A_Bucket',
      'deploy',
      'destroy --delete-bucket',
      'download',
      'download --year 2004 --initial AD --to lake',
      'launch',
      'launch --limt 3',
      'launch --older-than',
      'deploy --misspelt=secret',
      'pause --workers 3',
      'redrive',
      'simulate --year 2004 --initial AD --wait',
      'status',
      'status extra',
      'status --config missing.ini',
    ],
  },
  'without a bucket': {
    env: KEY,
    argvs: ['deploy --yes', 'download --year 2004 --initial AD', 'launch --yes'],
  },
  'without a key': {
    env: BUCKET,
    argvs: ['development', 'deploy --yes', 'download --year 2004 --initial AD'],
  },
  'with wrong settings': {
    env: { ...BUCKET, ...KEY, TMDB_LOOKUP: 'guess', TDD_WORKERS: '1' },
    argvs: ['launch --dry-run', 'deploy --dry-run --lookup details', 'status'],
  },
  'with settings': {
    env: { ...BUCKET, ...KEY },
    argvs: [
      'deploy --yes --workers 1',
      'deploy --yes --requests-per-second none',
      'deploy --yes --lookup find --append credits',
      'download --year 2004',
      'download --year 99 --initial AD',
      'download --year 2004 --initial toolong',
      'download --year 2004 --initial AD --imdb-id tt0133093',
      'download --imdb-id 133093',
      'download --year 2004 --initial AD --limit 0',
      'download --year 2004 --initial AD --to s3://',
      'launch --older-than soon --dry-run',
      'launch --min-year 2020 --max-year 2010 --dry-run',
      'launch --limit x --dry-run',
      'redrive --partition 2004 --yes',
      'simulate',
      'simulate --year x --initial AD',
    ],
  },
};

/** Records the exit code of each mistake. @throws Error when the output is anything but a single line on stderr. */
export async function recordMistakes({ run }: Program, cwd: string): Promise<Recording> {
  const recording: Record<string, string> = {};
  for (const [given, { env, argvs }] of Object.entries(MISTAKES)) {
    for (const argv of argvs) {
      recording[`tdd ${argv} (${given})`] = describeRefusal(await run(argv.split(' '), { cwd, env }));
    }
  }
  return recording;
}

type Json = Readonly<Record<string, unknown>>;

/** A separate sandbox for a recording. */
export interface Place {
  readonly sandbox: Sandbox;
  /** An empty folder. */
  readonly folder: string;
}

/** Notes depend on whether messages of the previous launch are still in the queue. */
const NOTES = /^notes\[\]/;

/** Reported only within a minute after the last movie. */
const RATE = /^(rate|secondsLeft)\b/;

/**
 * Runs every command in the sandbox, from settings to destroy.
 * @param whenComplete called when the lake is complete.
 * @returns the shape of each `--json` output with the exit code, and the message of commands that need `--yes` without a
 * terminal.
 */
export async function recordCommands(
  { run }: Program,
  { sandbox, folder }: Place,
  whenComplete: () => Promise<void>,
): Promise<Recording> {
  const recording: Record<string, string> = {};
  const env = environmentIn({ sandbox, folder });
  const json = async (argv: string, when = '', { name = argv, unsteady = /^$/ } = {}) => {
    const { exitCode, stdout, stderr } = await run([...argv.split(' '), '--json'], { cwd: folder, env });
    if (stdout === '') throw new Error(`tdd ${argv} printed no JSON and ended with ${exitCode}: ${stderr}`);
    recording[`tdd ${name}${when && ` (${when})`}`] = joinLines([
      ...describeJson(JSON.parse(stdout)).filter((line) => !unsteady.test(line)),
      `exit code ${exitCode}`,
    ]);
  };
  const refuse = async (argv: string) => {
    recording[`tdd ${argv}`] = describeRefusal(await run(argv.split(' '), { cwd: folder, env }));
  };
  const untilStatusShows = async (wanted: string) => {
    const deadlineMs = Date.now() + 400_000;
    for (;;) {
      const { stdout } = await run(['status', '--json'], { cwd: folder, env });
      if (JSON.stringify(JSON.parse(stdout)).includes(wanted)) return;
      if (Date.now() > deadlineMs) throw new Error(`tdd status never showed ${wanted}: ${stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const { imdbId, partition } = someTitle(sandbox);
  const flags = `--year ${partition.year} --initial ${partition.initial}`;
  const flagNames = '--year YYYY --initial II';

  await json('development --yes');
  const config = await readFile(join(folder, 'config.ini'), 'utf8');
  recording['config.ini'] = config.replace(sandbox.environment.TMDB_API_KEY ?? '', '{key}');
  await json('deploy --dry-run');
  await json('deploy --yes');
  await json('deploy --yes', 'again');
  await json('deploy --workers 5 --memory-size 256 --dry-run');
  recording['what deploy leaves on AWS'] = await describeDeployment(sandbox);
  await json('status', 'before a launch');
  await json('launch --min-year 1900 --dry-run');
  await refuse('launch --limit 3');
  await json('launch --limit 3 --yes');
  await json('launch --min-year 1900 --yes', '', { unsteady: NOTES });
  await untilStatusShows('"phase":"complete"');
  await json('status', 'complete');
  await json('status --totals');
  await json('launch --only-missing --min-year 1900 --yes', 'nothing to do');
  await whenComplete();
  await json('pause');
  await json('pause', 'again');
  await json('resume');
  await json(`simulate ${flags} --wait`, '', { name: `simulate ${flagNames} --wait` });
  await json(`download ${flags}`, '', { name: `download ${flagNames}` });
  await json(`download ${flags} --refresh --limit 1 --to here`, '', {
    name: `download ${flagNames} --refresh --limit 1 --to here`,
  });
  await json(`download --imdb-id ${imdbId} --imdb-id tt9999999 --to here`, 'one unknown', {
    name: 'download --imdb-id ttID --imdb-id ttID --to here',
  });
  await json('redrive --yes', 'nothing to do');
  await sendMessage(sandbox, 'nobody can read this');
  await untilStatusShows('"deadLetters":1');
  await json('status', 'with a dead letter', { unsteady: RATE });
  await json('redrive --dry-run');
  sandbox.aws.passTime(60_000);
  await refuse('redrive');
  sandbox.aws.passTime(60_000);
  await json('redrive --yes');
  await refuse('destroy');
  await json('destroy --dry-run');
  await json('destroy --yes');
  await json('status', 'after destroy', { unsteady: RATE });
  return recording;
}

/** The maximum number of documents of each kind to read: enough to see every field. */
const MOST_OF_A_KIND = 50;

/**
 * Records the bucket's keys without the parts that differ between days and runs, their media types, and the shape of the
 * JSON documents: for movies and reviews, only the fields that differ from TMDB's response.
 */
export async function recordLake({ sandbox }: Place): Promise<Recording> {
  const s3 = new S3Client({ ...clientConfig(sandbox), forcePathStyle: true });
  const byTemplate = new Map<string, string[]>();
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: SANDBOX_BUCKET }));
  if (IsTruncated) throw new Error('The lake does not fit in one answer.');
  for (const { Key = '' } of Contents) {
    // Release 1.0.0 was recorded before the catalogue had documents with values of other types.
    if (sandbox.catalogue.movieOf(Number(/tmdb-movie-(\d+)/.exec(Key)?.[1]))?.awkward) continue;
    const template = templateOf(Key);
    byTemplate.set(template, [...(byTemplate.get(template) ?? []), Key]);
  }
  const recording: Record<string, string> = {};
  for (const [template, keys] of [...byTemplate].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const mediaTypes = new Set<string>();
    const documents: unknown[] = [];
    for (const Key of keys.slice(0, MOST_OF_A_KIND)) {
      const { Body, ContentType, ContentEncoding } = await s3.send(
        new GetObjectCommand({ Bucket: SANDBOX_BUCKET, Key }),
      );
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      mediaTypes.add(`${ContentType}${ContentEncoding ? `, ${ContentEncoding}` : ''}`);
      if (!/\.json(\.gz)?$/.test(Key)) continue;
      const text = (Key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      documents.push(await withoutTmdb(sandbox, Key, JSON.parse(text)));
    }
    recording[template] = joinLines([...[...mediaTypes].sort(), ...describeJson(...documents)]);
  }
  s3.destroy();
  return recording;
}

/** Records the exports of the public API: values with their types, and types. */
export function recordExports(api: object, declarations: string): Recording {
  if (/^export \*/m.test(declarations)) throw new Error('The public API must name what it exports.');
  const values = Object.entries(api).map(([name, value]) => `${name}: ${typeof value}`);
  const lists = [...declarations.matchAll(/^export (type )?\{([^}]*)\}/gm)];
  const types = lists.flatMap(([, onlyTypes, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && (onlyTypes !== undefined || item.startsWith('type ')))
      .map((item) => item.replace(/^type /, '').replace(/^.* as /, '')),
  );
  const declared = [...declarations.matchAll(/^export (?:declare )?(?:interface|type) (\w+)/gm)];
  return {
    values: joinLines(values.sort()),
    types: joinLines([...types, ...declared.map(([, name = '']) => name)].sort()),
  };
}

/** Records the shape of the results of the public API's functions in a sandbox with a complete fleet. */
export async function recordResults(api: PublicApi, { sandbox, folder }: Place): Promise<Recording> {
  const env = environmentIn({ sandbox, folder });
  const settings = await api.readSettings({ env, folder });
  const connection = api.connect(settings, { env });
  const index = await api.openIndex(connection);
  const { partition } = someTitle(sandbox);
  const preview = await api.planLaunch(connection, index, { minYear: 1900 });
  const deploy = await api.planDeploy(connection);
  // Gives the launch something to download: without it, there is no rate to report.
  const { year, initial } = partition;
  const Key = `tmdb/manifests/year-${year}/initial-${initial}.json`;
  await connection.clients.s3.send(new DeleteObjectCommand({ Bucket: SANDBOX_BUCKET, Key }));
  const results: Readonly<Record<string, unknown>> = {
    readSettings: settings,
    listPartitions: api.listPartitions(index),
    readPartition: await api.readPartition(connection, index, partition),
    planLaunch: preview,
    planDeploy: { identity: deploy.identity, resources: deploy.plan.resources },
    launch: await api.launch(connection, (await api.planLaunch(connection, index, { limit: 1 })).plan),
    followFleet: await api.followFleet(connection, { everyMs: 500 }),
    readStatus: await api.readStatus(connection),
    readManifest: await api.readManifest(connection, partition),
    download: await api.download(connection, index, partition),
  };
  const shapes = Object.entries(results).map(([name, value]) => [name, joinLines(describeJson(value))]);
  return Object.fromEntries([
    ...shapes,
    ['movieKey', `${api.movieKey(partition, 603)}\n`],
    ['reviewPrefix', `${api.reviewPrefix(partition, 603)}\n`],
    ['partitionName', `${api.partitionName(partition)}\n`],
  ]);
}

/** The environment for a process in the sandbox, with a separate cache. */
export function environmentIn({ sandbox, folder }: Place): Record<string, string> {
  return {
    ...sandbox.environment,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    TMDB_REQUESTS_PER_SECOND: '1000',
  };
}

/** Returns a movie whose partition contains other movies. */
function someTitle({ catalogue }: Sandbox) {
  const partitions = new Map<string, string[]>();
  const expectedTitles = catalogue.expectedTitles();
  for (const [imdbId, { partition }] of expectedTitles) {
    const name = `${partition.year}/${partition.initial}`;
    partitions.set(name, [...(partitions.get(name) ?? []), imdbId]);
  }
  const [[imdbId = ''] = []] = [...partitions.values()].sort((a, b) => b.length - a.length);
  const partition = expectedTitles.get(imdbId)?.partition;
  if (partition === undefined) throw new Error('The catalogue has no movie.');
  return { imdbId, partition };
}

/** Describes the deployed resources, which another version of `tdd` reads and compares with its plan. */
async function describeDeployment(sandbox: Sandbox): Promise<string> {
  const config = clientConfig(sandbox);
  const lambda = new LambdaClient(config);
  const iam = new IAMClient(config);
  const sqs = new SQSClient(config);
  const FunctionName = 'tmdb-downloader-lambda';
  const RoleName = `${FunctionName}-role`;
  const configuration = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const { Runtime, Handler, Architectures, MemorySize, Timeout, Environment } = configuration;
  const mappings = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
  const attributesOf = async (queue: string) => {
    const input = { QueueUrl: queueUrl(sandbox, queue), AttributeNames: ['All' as const] };
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand(input));
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, ReceiveMessageWaitTimeSeconds } =
      Attributes;
    return { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, ReceiveMessageWaitTimeSeconds };
  };
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const policies = PolicyNames.map(async (PolicyName) => {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return { PolicyName, document: JSON.parse(decodeURIComponent(PolicyDocument)) };
  });
  const deployment = {
    function: { Runtime, Handler, Architectures, MemorySize, Timeout, Environment: Environment?.Variables },
    eventSources: (mappings.EventSourceMappings ?? []).map((mapping) => ({
      BatchSize: mapping.BatchSize,
      MaximumBatchingWindowInSeconds: mapping.MaximumBatchingWindowInSeconds,
      ScalingConfig: mapping.ScalingConfig,
      FunctionResponseTypes: mapping.FunctionResponseTypes,
      State: mapping.State,
    })),
    queue: await attributesOf('tmdb-downloader-queue'),
    deadLetterQueue: await attributesOf('tmdb-downloader-queue-dlq'),
    role: {
      Path: Role?.Path,
      trust: JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '{}')),
      policies: await Promise.all(policies),
    },
  };
  for (const client of [lambda, iam, sqs]) client.destroy();
  const text = JSON.stringify(deployment, null, 2);
  return `${text
    .replaceAll(sandbox.environment.TMDB_API_KEY ?? '', '{key}')
    .replaceAll(/:\/\/127\.0\.0\.1:\d+/g, '://{host}')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{uuid}')}\n`;
}

async function sendMessage(sandbox: Sandbox, body: string): Promise<void> {
  const sqs = new SQSClient(clientConfig(sandbox));
  const QueueUrl = queueUrl(sandbox, 'tmdb-downloader-queue');
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  sqs.destroy();
}

function queueUrl({ aws }: Sandbox, queue: string): string {
  return `${aws.endpoint}/000000000000/${queue}`;
}

function clientConfig({ aws }: Sandbox) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint: aws.endpoint, region: 'us-east-1', credentials };
}

/** `tmdb/movies/year-{year}/initial-{initial}/tmdb-movie-{id}.json` */
function templateOf(key: string): string {
  return key
    .replace(/\d{4}-\d{2}-\d{2}/, '{day}')
    .replace(/year-\d{4}\//, 'year-{year}/')
    .replace(/initial-[A-Z0-9_]{2}(?=[/.])/, 'initial-{initial}')
    .replace(/tmdb-movie-\d+(?=[-.])/, 'tmdb-movie-{id}')
    .replace(/review-[0-9a-f]{24}(?=\.)/, 'review-{id}')
    .replace(/\d{8}T\d{6}Z-[0-9a-f]{6}(?=\.)/, '{run}')
    .replace(/movies-[0-9a-f]{32}(?=\.)/, 'movies-{hash}');
}

/** Keeps only the fields of a movie or review that differ from TMDB's response; other documents stay unchanged. */
async function withoutTmdb(sandbox: Sandbox, key: string, document: Json): Promise<Json> {
  const { TMDB_BASE_URL, TMDB_API_KEY } = sandbox.environment;
  const ask = async (path: string, page = 1): Promise<Json> => {
    const query = `api_key=${TMDB_API_KEY}&language=en-US&page=${page}`;
    const response = await fetch(`${TMDB_BASE_URL}/3/${path}?${query}`);
    return (await response.json()) as Json;
  };
  const minus = (original: Json) =>
    Object.fromEntries(
      [...new Set([...Object.keys(document), ...Object.keys(original)])]
        .filter((name) => JSON.stringify(document[name]) !== JSON.stringify(original[name]))
        .map((name) => [name, name in document ? document[name] : '(left out)']),
    );
  if (key.startsWith('tmdb/movies/')) return minus(await ask(`movie/${document.id}`));
  if (!key.startsWith('tmdb/reviews/')) return document;
  const original = await findReview(document, (page) => ask(`movie/${document.movie_id}/reviews`, page));
  return minus(original);
}

async function findReview({ id }: Json, askPage: (page: number) => Promise<Json>): Promise<Json> {
  for (let page = 1; ; page += 1) {
    const { results, total_pages } = await askPage(page);
    const found = (results as Json[]).find((review) => review.id === id);
    if (found) return found;
    if (page >= Number(total_pages)) throw new Error(`TMDB has no review ${id}.`);
  }
}

function joinLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function describeRefusal({ exitCode, stdout, stderr }: Run): string {
  if (stdout !== '' || !/^tdd: .+\n$/.test(stderr))
    throw new Error(`No one-line message: ${stdout}${stderr}`);
  return `exit code ${exitCode}\n`;
}
