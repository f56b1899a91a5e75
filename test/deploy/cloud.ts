import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  DetachRolePolicyCommand,
  EntityAlreadyExistsException,
  IAMClient,
  type ListAttachedRolePoliciesCommandOutput,
} from '@aws-sdk/client-iam';
import {
  type FunctionConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { PutBucketTaggingCommand, type Tag } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { ACCOUNT_ID } from '../../sandbox/aws/world.ts';
import { type Call, interceptCalls, readOnlyClients } from '../../src/aws/calls.ts';
import type { AwsClients } from '../../src/aws/clients.ts';
import type { Clock } from '../../src/clock.ts';
import { applyDeployment, type StepState } from '../../src/deploy/apply.ts';
import { type DeploymentInput, deploymentNames } from '../../src/deploy/names.ts';
import { type DeployDeps, type Plan, planDeployment, type Step } from '../../src/deploy/plan.ts';
import { type Observation, observe } from '../../src/deploy/resource-list.ts';
import { buildZip } from '../../src/deploy/zip.ts';
import type { Aws } from '../support/aws-targets.ts';
import { createFakeClock } from '../support/fake-clock.ts';

export const API_KEY = '0123456789abcdef0123456789abcdef';

export const INPUT: DeploymentInput = {
  lambdaName: 'films',
  queueName: 'films-queue',
  bucketName: 'films-lake',
  region: 'us-east-1',
  accountId: ACCOUNT_ID,
  workers: 4,
  memorySizeMb: 512,
  environment: { TMDB_API_KEY: API_KEY, TMDB_LANGUAGE: 'en-US', TMDB_REQUESTS_PER_SECOND: '40' },
};

export const NAMES = deploymentNames(INPUT);

export const ZIP = await buildZip({ bundle: Buffer.from('export const handler = async () => {};') });

/** An AWS account that records calls. */
export interface Cloud extends DeployDeps {
  /** The mutating calls in their order, such as `lambda:CreateFunction`. */
  readonly changes: string[];
  /** All calls. */
  readonly calls: Call[];
  /** Clients whose calls are not recorded, for changes by hand. */
  readonly byHand: AwsClients;
  /** Makes calls fail after this many further mutating calls. */
  interruptAfter(changes: number): void;
}

export function createCloud(aws: Aws, clock: Clock = createFakeClock(Date.now())): Cloud {
  const clientsThere = clientsOf(aws);
  const byHand = aws.name === 'moto' ? patchMoto(clientsThere) : clientsThere;
  const changes: string[] = [];
  const calls: Call[] = [];
  let limit = Number.POSITIVE_INFINITY;
  const clients = interceptCalls(byHand, async (call, next) => {
    if (changes.length >= limit) throw new Error('interrupted');
    calls.push(call);
    const answer = await next();
    if (!/^(Get|List|Head|Describe)/.test(call.operation)) changes.push(`${call.service}:${call.operation}`);
    if (changes.length >= limit) throw new Error('interrupted');
    return answer;
  });
  return {
    clients,
    clock,
    changes,
    calls,
    byHand,
    interruptAfter: (count) => {
      limit = changes.length + count;
    },
  };
}

/** One set of clients per AWS target: creating and warming up new ones takes longer than a deploy. */
function clientsOf(aws: Aws): AwsClients {
  const known = clientsByAws.get(aws);
  if (known) return known;
  const clients = {
    iam: new IAMClient(aws.clientConfig),
    lambda: new LambdaClient(aws.clientConfig),
    sqs: new SQSClient(aws.clientConfig),
    s3: aws.s3,
    logs: new CloudWatchLogsClient(aws.clientConfig),
    sts: new STSClient(aws.clientConfig),
  };
  clientsByAws.set(aws, clients);
  return clients;
}

const clientsByAws = new WeakMap<Aws, AwsClients>();

/** Plans and applies a deploy. */
export async function deploy(
  cloud: Cloud,
  input: DeploymentInput = INPUT,
  zip: Uint8Array = ZIP,
  onStep?: (step: Step, state: StepState) => void,
  { adopt = false } = {},
): Promise<Plan> {
  const plan = await planDeployment(cloud, { input, zip }, { adopt });
  await applyDeployment(cloud, plan, { onStep });
  return plan;
}

/** The most mutating calls of one run. A run that repeats a call each time would otherwise never end. */
const MOST_CALLS = 50;

/**
 * Interrupts `run` after each of its mutating calls, and completes it by another run, whose result `check` receives with the
 * number of calls before it. On the sandbox, every interruption starts with a new account and `prepare`. On moto, which takes
 * twice the time for a call, it is the same account: each run continues the previous one, and is interrupted after one call.
 */
export async function interruptAfterEachCall<Result>(
  aws: Aws,
  prepare: (cloud: Cloud) => Promise<unknown>,
  run: (cloud: Cloud) => Promise<Result>,
  check: (cloud: Cloud, result: Result, callCount: number) => Promise<void>,
): Promise<void> {
  const start = async () => {
    await aws.reset();
    const cloud = createCloud(aws);
    await prepare(cloud);
    return cloud;
  };
  /** @returns nothing if the run was interrupted. */
  const runFor = async (cloud: Cloud, calls: number): Promise<{ result: Result } | undefined> => {
    cloud.interruptAfter(calls);
    try {
      return { result: await run(cloud) };
    } catch (error) {
      if (!String(error).includes('interrupted')) throw error;
      return undefined;
    } finally {
      cloud.interruptAfter(Number.POSITIVE_INFINITY);
    }
  };
  let cloud = await start();
  for (let callCount = 1; callCount < MOST_CALLS; callCount += 1) {
    const completed = await runFor(cloud, aws.name === 'moto' ? 1 : callCount);
    if (aws.name === 'moto' && completed) return check(cloud, completed.result, callCount - 1);
    if (aws.name === 'moto') continue;
    if (completed) return;
    await check(cloud, await run(cloud), callCount);
    cloud = await start();
  }
  throw new Error(`The run still makes mutating calls after ${MOST_CALLS}.`);
}

/** The observed state without values that differ between two equal deployments: see {@link comparable}. */
export async function stateOf(cloud: Cloud): Promise<unknown> {
  const clients = readOnlyClients(cloud.byHand);
  return comparable(await observe({ clients, clock: cloud.clock }, NAMES));
}

/** An observed state with the values of environment variables, and without IDs, dates, ports and descriptions. */
export function comparable(observed: Observation): unknown {
  const variables = observed.function?.environment.toVariables() ?? {};
  const text = JSON.stringify({
    ...observed,
    variables,
    role: observed.role && { ...observed.role, createdAt: undefined, description: undefined },
    function: observed.function && { ...observed.function, changedAt: undefined, description: undefined },
  });
  return JSON.parse(text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/127\.0\.0\.1:\d+/g, 'HOST'));
}

interface Remembered {
  architectures?: string[];
  logging?: { LogFormat?: string; LogGroup?: string };
  recursion?: string;
}

/**
 * Adds what moto 5.2 lacks: tags in CreateBucket; a function's architecture, logging and recursion; at most one event
 * source per queue and function; AWS managed policies, which take moto seconds to load.
 */
function patchMoto(clients: AwsClients): AwsClients {
  const functions = new Map<string, Remembered>();
  return interceptCalls(clients, async ({ service, operation, input }, next) => {
    const name = String(input.FunctionName);
    const known = functions.get(name) ?? {};
    switch (`${service}:${operation}`) {
      case 'lambda:GetFunctionRecursionConfig':
        return { RecursiveLoop: known.recursion ?? 'Terminate' };
      case 'lambda:PutFunctionRecursionConfig':
        functions.set(name, { ...known, recursion: String(input.RecursiveLoop) });
        return {};
      case 'iam:AttachRolePolicy':
        await createOwnCopy(clients, String(input.PolicyArn));
        return clients.iam.send(
          new AttachRolePolicyCommand({
            RoleName: String(input.RoleName),
            PolicyArn: ownCopy(input.PolicyArn),
          }),
        );
      case 'iam:DetachRolePolicy':
        return clients.iam.send(
          new DetachRolePolicyCommand({
            RoleName: String(input.RoleName),
            PolicyArn: ownCopy(input.PolicyArn),
          }),
        );
      case 'iam:ListAttachedRolePolicies': {
        const { AttachedPolicies = [] } = (await next()) as ListAttachedRolePoliciesCommandOutput;
        return {
          AttachedPolicies: AttachedPolicies.map(({ PolicyArn = '', ...policy }) => ({
            ...policy,
            PolicyArn: PolicyArn.replace(OWN_COPIES, AWS_POLICIES),
          })),
        };
      }
    }
    if (operation === 'CreateEventSourceMapping') await refuseSecondMapping(clients, input);
    const answer = (await next()) as { Configuration?: FunctionConfiguration };
    switch (`${service}:${operation}`) {
      case 's3:CreateBucket': {
        const tags = (input.CreateBucketConfiguration as { Tags?: Tag[] } | undefined)?.Tags;
        if (tags) {
          const Bucket = String(input.Bucket);
          await clients.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tags } }));
        }
        break;
      }
      case 'lambda:CreateFunction':
      case 'lambda:UpdateFunctionConfiguration':
      case 'lambda:UpdateFunctionCode':
        functions.set(name, {
          ...known,
          ...(input.Architectures ? { architectures: input.Architectures as string[] } : {}),
          ...(input.LoggingConfig ? { logging: input.LoggingConfig } : {}),
        });
        break;
      case 'lambda:GetFunction': {
        const configuration = answer.Configuration ?? {};
        const LoggingConfig = { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}`, ...known.logging };
        const architectures = known.architectures ?? configuration.Architectures;
        return {
          ...answer,
          Configuration: { ...configuration, LoggingConfig, Architectures: architectures },
        };
      }
      case 'lambda:DeleteFunction':
        functions.delete(name);
    }
    return answer;
  });
}

const AWS_POLICIES = 'arn:aws:iam::aws:policy/';
const OWN_COPIES = `arn:aws:iam::${ACCOUNT_ID}:policy/aws/`;

function ownCopy(policyArn: unknown): string {
  return String(policyArn).replace(AWS_POLICIES, OWN_COPIES);
}

async function createOwnCopy(clients: AwsClients, policyArn: string): Promise<void> {
  const PolicyName = policyArn.slice(policyArn.lastIndexOf('/') + 1);
  const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const Path = ownCopy(policyArn).slice(OWN_COPIES.length - '/aws/'.length, -PolicyName.length);
  const policy = { PolicyName, Path, PolicyDocument };
  await clients.iam.send(new CreatePolicyCommand(policy)).catch((error: unknown) => {
    if (!(error instanceof EntityAlreadyExistsException)) throw error;
  });
}

async function refuseSecondMapping(clients: AwsClients, input: Call['input']): Promise<void> {
  const EventSourceArn = String(input.EventSourceArn);
  const { EventSourceMappings } = await clients.lambda.send(
    new ListEventSourceMappingsCommand({ EventSourceArn }),
  );
  if (!EventSourceMappings?.length) return;
  throw Object.assign(new Error('An event source mapping with these arguments already exists.'), {
    name: 'ResourceConflictException',
    $fault: 'client',
  });
}
