import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { isAllowed } from './iam-policy.ts';
import { ACCOUNT_ID, type FunctionConfiguration, type LogGroup, roleOf, type World } from './world.ts';

interface LogsDeps {
  readonly world: World;
  readonly now: () => number;
  /** Deletes the logs of a group. */
  readonly removeLogs: (groupName: string) => void;
}

interface Input {
  readonly logGroupName?: string;
  readonly logGroupNamePrefix?: string;
  readonly retentionInDays?: number;
  readonly resourceArn?: string;
  readonly tags?: Record<string, string>;
  readonly tagKeys?: readonly string[];
}

/** The allowed retention periods, in days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Handles the calls of CloudWatch Logs that manage log groups. */
export function handleLogs(deps: LogsDeps, call: AwsCall): AwsAnswer {
  const action = String(call.headers['x-amz-target'] ?? '').replace('Logs_20140328.', '');
  const output = answer(deps, call, action, JSON.parse(call.body.toString() || '{}') as Input);
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(output),
  };
}

function answer({ world, now, removeLogs }: LogsDeps, call: AwsCall, action: string, input: Input): object {
  const name = input.logGroupName ?? '';
  switch (action) {
    case 'CreateLogGroup':
      if (world.logGroups[groupArn(name, call.region)]) {
        throw new AwsError(400, 'ResourceAlreadyExistsException', 'The specified log group already exists');
      }
      world.logGroups[groupArn(name, call.region)] = { name, createdAt: now(), tags: { ...input.tags } };
      return {};
    case 'DescribeLogGroups': {
      const prefix = input.logGroupNamePrefix ?? '';
      const groups = Object.entries(world.logGroups).filter(([arn]) =>
        arn.startsWith(groupArn(prefix, call.region)),
      );
      return { logGroups: groups.map(([arn, group]) => describeGroup(arn, group)) };
    }
    case 'DeleteLogGroup':
      findGroup(world, groupArn(name, call.region));
      delete world.logGroups[groupArn(name, call.region)];
      removeLogs(name);
      return {};
    case 'PutRetentionPolicy':
      if (!RETENTIONS.includes(input.retentionInDays ?? 0)) {
        throw new AwsError(
          400,
          'InvalidParameterException',
          `The value ${input.retentionInDays} is not one of the allowed retentions: ${RETENTIONS.join(', ')}.`,
        );
      }
      findGroup(world, groupArn(name, call.region)).retentionDays = input.retentionInDays;
      return {};
    case 'DeleteRetentionPolicy':
      delete findGroup(world, groupArn(name, call.region)).retentionDays;
      return {};
    case 'ListTagsForResource':
      return { tags: groupOfArn(world, input).tags };
    case 'TagResource':
      Object.assign(groupOfArn(world, input).tags, input.tags);
      return {};
    case 'UntagResource': {
      const { tags } = groupOfArn(world, input);
      for (const key of input.tagKeys ?? []) delete tags[key];
      return {};
    }
    default:
      throw new AwsError(400, 'UnknownOperationException', `The sandbox does not know ${action}.`);
  }
}

function groupArn(name: string, region: string): string {
  return `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${name}`;
}

function findGroup(world: World, arn: string): LogGroup {
  const group = world.logGroups[arn];
  if (group) return group;
  throw new AwsError(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
}

/** Finds a group by its ARN, which may end with `:*`: `arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/name`. */
function groupOfArn(world: World, { resourceArn = '' }: Input): LogGroup {
  return findGroup(world, resourceArn.replace(/:\*$/, ''));
}

function describeGroup(arn: string, { name, createdAt, retentionDays }: LogGroup) {
  return {
    logGroupName: name,
    creationTime: createdAt,
    retentionInDays: retentionDays,
    arn: `${arn}:*`,
    logGroupArn: arn,
    storedBytes: 0,
    metricFilterCount: 0,
  };
}

/** Stores the logs of functions: one file per log group, one JSON object per line. */
export interface FunctionLogs {
  /** Stores a line if the function's log group exists and its role may write there. The role cannot create the group. */
  write(functionName: string, line: string): void;
  remove(groupName: string): void;
}

/** @param onLog receives every line. */
export function openFunctionLogs(
  directory: string,
  world: World,
  onLog: (functionName: string, line: string) => void = () => {},
): FunctionLogs {
  const fileOf = (groupName: string) => join(directory, `${groupName.replace(/^\//, '')}.jsonl`);
  return {
    write(functionName, line) {
      onLog(functionName, line);
      const configuration = world.functions[functionName]?.configuration;
      const group = configuration?.LoggingConfig.LogGroup ?? '';
      if (
        !configuration ||
        !world.logGroups[groupArn(group, configuration.FunctionArn.split(':')[3] ?? '')] ||
        !mayLog(world, configuration, group)
      )
        return;
      mkdirSync(dirname(fileOf(group)), { recursive: true });
      appendFileSync(fileOf(group), `${line}\n`);
    },
    remove: (groupName) => rmSync(fileOf(groupName), { force: true }),
  };
}

function mayLog(world: World, { Role, FunctionArn }: FunctionConfiguration, group: string): boolean {
  const role = roleOf(world, Role);
  const region = FunctionArn.split(':')[3];
  const resource = `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${group}:log-stream:sandbox`;
  return role !== undefined && isAllowed(role, { action: 'logs:PutLogEvents', resource });
}
