import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  type FunctionConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { PutBucketTaggingCommand, type Tag } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { aroundCalls, type Call, readingClients } from '../../src/aws/calls.ts';
import type { DeployClients } from '../../src/aws/clients.ts';
import type { Clock } from '../../src/clock.ts';
import { applyDeployment, type StepState } from '../../src/deploy/apply.ts';
import type { DeploymentInput } from '../../src/deploy/deployment-input.ts';
import { deploymentNames } from '../../src/deploy/names.ts';
import { buildZip } from '../../src/deploy/package.ts';
import { type DeployDeps, type Plan, planDeployment, type Step } from '../../src/deploy/plan.ts';
import { type Observation, observe } from '../../src/deploy/resources.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { Moto } from '../support/moto.ts';

export const API_KEY = '0123456789abcdef0123456789abcdef';

export const INPUT: DeploymentInput = {
  lambdaName: 'films',
  queueName: 'films-queue',
  bucketName: 'films-lake',
  region: 'us-east-1',
  accountId: '123456789012',
  workers: 4,
  memorySizeMb: 512,
  environment: { TMDB_API_KEY: API_KEY, TMDB_LANGUAGE: 'en-US', TMDB_REQUESTS_PER_SECOND: '40' },
};

export const NAMES = deploymentNames(INPUT);

export const ZIP = await buildZip({ bundle: Buffer.from('export const handler = async () => {};') });

/** An account in moto, with what moto leaves out of AWS's answers added, and a record of the changing calls. */
export interface Cloud extends DeployDeps {
  /** `lambda:CreateFunction`, in the order of the calls. */
  readonly changes: string[];
  /** Every call. */
  readonly calls: Call[];
  /** As `clients`, and not recorded: what somebody does by hand. */
  readonly byHand: DeployClients;
  /** From now on the calls fail once this many changes have been made. */
  cutAfter(changes: number): void;
}

export function createCloud(moto: Moto, clock: Clock = createFakeClock(Date.now())): Cloud {
  const byHand = completeMoto(clientsOf(moto));
  const changes: string[] = [];
  const calls: Call[] = [];
  let limit = Number.POSITIVE_INFINITY;
  const clients = aroundCalls(byHand, async (call, next) => {
    if (changes.length >= limit) throw new Error('cut off');
    calls.push(call);
    const answer = await next();
    if (!/^(Get|List|Head|Describe)/.test(call.operation)) changes.push(`${call.service}:${call.operation}`);
    if (changes.length >= limit) throw new Error('cut off');
    return answer;
  });
  return {
    clients,
    clock,
    changes,
    calls,
    byHand,
    cutAfter: (count) => {
      limit = changes.length + count;
    },
  };
}

/** One set of clients for a moto: to make and warm up new ones takes longer than a deploy. */
function clientsOf(moto: Moto): DeployClients {
  const known = clientsByMoto.get(moto);
  if (known) return known;
  const clients = {
    iam: new IAMClient(moto.clientConfig),
    lambda: new LambdaClient(moto.clientConfig),
    sqs: new SQSClient(moto.clientConfig),
    s3: moto.s3,
    logs: new CloudWatchLogsClient(moto.clientConfig),
    sts: new STSClient(moto.clientConfig),
  };
  clientsByMoto.set(moto, clients);
  return clients;
}

const clientsByMoto = new WeakMap<Moto, DeployClients>();

/** Plans and applies. */
export async function deploy(
  cloud: Cloud,
  input: DeploymentInput = INPUT,
  zip: Uint8Array = ZIP,
  onStep?: (step: Step, state: StepState) => void,
): Promise<Plan> {
  const plan = await planDeployment(cloud, { input, zip });
  await applyDeployment(cloud, plan, { onStep });
  return plan;
}

/** All that is there, without what differs between two equal deployments: see {@link comparable}. */
export async function stateOf(cloud: Cloud): Promise<unknown> {
  const clients = readingClients(cloud.byHand);
  return comparable(await observe({ clients, clock: cloud.clock }, NAMES));
}

/** What was observed, with the variables' values and without ids, dates and ports. */
export function comparable(observed: Observation): unknown {
  const variables = observed.function?.environment.toVariables() ?? {};
  const text = JSON.stringify({
    ...observed,
    variables,
    role: observed.role && { ...observed.role, createdAt: undefined },
    function: observed.function && { ...observed.function, changedAt: undefined },
  });
  return JSON.parse(text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/127\.0\.0\.1:\d+/g, 'HOST'));
}

interface Remembered {
  architectures?: string[];
  logging?: { LogFormat?: string; LogGroup?: string };
  recursion?: string;
}

/**
 * What AWS does and moto (5.2) does not: a bucket's tags in the creating call; a function's architecture, logging
 * and recursion; one event source for a queue and a function.
 */
function completeMoto(clients: DeployClients): DeployClients {
  const functions = new Map<string, Remembered>();
  return aroundCalls(clients, async ({ service, operation, input }, next) => {
    const name = String(input.FunctionName);
    const known = functions.get(name) ?? {};
    switch (`${service}:${operation}`) {
      case 'lambda:GetFunctionRecursionConfig':
        return { RecursiveLoop: known.recursion ?? 'Terminate' };
      case 'lambda:PutFunctionRecursionConfig':
        functions.set(name, { ...known, recursion: String(input.RecursiveLoop) });
        return {};
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

async function refuseSecondMapping(clients: DeployClients, input: Call['input']): Promise<void> {
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
