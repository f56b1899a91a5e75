import { randomUUID } from 'node:crypto';
import { type AwsAnswer, AwsError } from './aws-call.ts';
import { checkSettings, checkVisibility, readSettings } from './function-settings.ts';
import {
  findFunction,
  functionArn,
  functionName,
  invalidParameter,
  json,
  type LambdaCall,
  type LambdaDeps,
  unknownOperation,
} from './lambda-call.ts';
import type { FunctionConfiguration, LambdaFunction } from './world.ts';

/** Creates, reads, updates and deletes functions. */
export function handleFunction(
  deps: LambdaDeps,
  call: LambdaCall,
  name: string | undefined,
  part: string | undefined,
): AwsAnswer {
  const { world } = deps;
  if (name === undefined) {
    if (call.method === 'POST') return createFunction(deps, call);
    throw unknownOperation(call);
  }
  const found = findFunction(world, name, call.region);
  switch (`${call.method} ${part ?? ''}`) {
    case 'GET ':
      return json(200, {
        Configuration: describeFunction(deps, found),
        Code: { RepositoryType: 'S3', Location: deps.code.fileOf(found.configuration.CodeSha256) },
        Tags: found.tags,
      });
    case 'GET configuration':
      return json(200, describeFunction(deps, found));
    case 'PUT configuration':
      return updateConfiguration(deps, call, found);
    case 'PUT code':
      return updateCode(deps, call, found);
    case 'POST versions':
      return json(201, { ...describeFunction(deps, found), Version: '1' });
    case 'DELETE ':
      delete world.functions[found.configuration.FunctionName];
      return { status: 204 };
    default:
      throw unknownOperation(call);
  }
}

function createFunction(deps: LambdaDeps, call: LambdaCall): AwsAnswer {
  const { input } = call;
  const name = functionName(String(input.FunctionName ?? ''));
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw new AwsError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern`,
    );
  }
  checkSettings(deps, input);
  if (deps.world.functions[name]) {
    throw new AwsError(409, 'ResourceConflictException', `Function already exist: ${name}`);
  }
  const code = deps.code.keep(readZip(input.Code));
  const configuration: FunctionConfiguration = {
    FunctionName: name,
    FunctionArn: functionArn(name, call.region),
    Role: '',
    Runtime: '',
    Handler: '',
    Description: '',
    Timeout: 3,
    MemorySize: 128,
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    TracingConfig: { Mode: 'PassThrough' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    PackageType: 'Zip',
    Version: '$LATEST',
    ...code,
    ...stamp(deps),
    ...readSettings(input, name),
  };
  const found: LambdaFunction = {
    configuration,
    tags: { ...(input.Tags as Record<string, string> | undefined) },
    recursiveLoop: 'Terminate',
    activeAt: deps.now() + deps.updateDelayMs,
    updatedAt: 0,
  };
  deps.world.functions[name] = found;
  return json(201, describeFunction(deps, found));
}

function updateConfiguration(deps: LambdaDeps, call: LambdaCall, found: LambdaFunction): AwsAnswer {
  checkNotChanging(deps, found);
  checkSettings(deps, call.input, found.configuration);
  if (call.input.Timeout !== undefined) {
    for (const mapping of Object.values(deps.world.mappings)) {
      if (mapping.functionArn !== found.configuration.FunctionArn) continue;
      checkVisibility(deps, mapping.queueArn, Number(call.input.Timeout));
    }
  }
  const settings = readSettings(call.input, found.configuration.FunctionName);
  found.configuration = { ...found.configuration, ...settings, ...stamp(deps) };
  found.updatedAt = deps.now() + deps.updateDelayMs;
  return json(200, describeFunction(deps, found));
}

function updateCode(deps: LambdaDeps, call: LambdaCall, found: LambdaFunction): AwsAnswer {
  checkNotChanging(deps, found);
  checkSettings(deps, { Runtime: found.configuration.Runtime, Architectures: call.input.Architectures });
  const code = deps.code.keep(readZip(call.input));
  const Architectures =
    (call.input.Architectures as string[] | undefined) ?? found.configuration.Architectures;
  found.configuration = { ...found.configuration, ...code, Architectures, ...stamp(deps) };
  found.updatedAt = deps.now() + deps.updateDelayMs;
  return json(200, describeFunction(deps, found));
}

function stamp({ now }: LambdaDeps) {
  return {
    LastModified: new Date(now()).toISOString().replace('Z', '+0000'),
    RevisionId: randomUUID(),
  };
}

function readZip(code: unknown): Buffer {
  const { ZipFile } = (code ?? {}) as { ZipFile?: string };
  if (ZipFile === undefined) throw invalidParameter('Please provide a source for function code.');
  return Buffer.from(ZipFile, 'base64');
}

/** Returns a function's settings and its current state. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html */
function describeFunction(
  { now }: Pick<LambdaDeps, 'now'>,
  { configuration, activeAt, updatedAt }: LambdaFunction,
): object {
  const isPending = now() < activeAt;
  const isUpdating = now() < updatedAt;
  return {
    ...configuration,
    State: isPending ? 'Pending' : 'Active',
    ...(isPending ? { StateReason: 'The function is being created.', StateReasonCode: 'Creating' } : {}),
    LastUpdateStatus: isUpdating ? 'InProgress' : 'Successful',
    ...(isUpdating
      ? {
          LastUpdateStatusReason: 'The function is being created.',
          LastUpdateStatusReasonCode: 'Creating',
        }
      : {}),
  };
}

/** @throws {AwsError} while the function is being created or updated. */
function checkNotChanging({ now }: LambdaDeps, { configuration, activeAt, updatedAt }: LambdaFunction): void {
  const because =
    now() < activeAt
      ? 'The function is currently in the following state: Pending'
      : now() < updatedAt
        ? `An update is in progress for resource: ${configuration.FunctionArn}`
        : undefined;
  if (because) {
    throw new AwsError(
      409,
      'ResourceConflictException',
      `The operation cannot be performed at this time. ${because}`,
    );
  }
}
