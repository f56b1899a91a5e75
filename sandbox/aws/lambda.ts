import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import type { CodeStore } from './code-store.ts';
import { handleFunction } from './lambda-functions.ts';
import { handleMapping } from './lambda-mappings.ts';
import type { Queues } from './queues.ts';
import type { LambdaFunction, World } from './world.ts';

export interface LambdaDeps {
  readonly world: World;
  readonly now: () => number;
  readonly queues: Pick<Queues, 'attributes'>;
  readonly code: CodeStore;
  /** How long after its making or change a role cannot be used by Lambda. */
  readonly roleDelayMs: number;
  /** How long functions and mappings are being made or updated. */
  readonly updateDelayMs: number;
}

/** A call of Lambda with its body read. */
export interface LambdaCall extends AwsCall {
  readonly input: Readonly<Record<string, unknown>>;
}

/** Lambda's REST interface: functions, their tags and recursion settings, and event source mappings. */
export function handleLambda(deps: LambdaDeps, awsCall: AwsCall): AwsAnswer {
  const call: LambdaCall = { ...awsCall, input: JSON.parse(awsCall.body.toString() || '{}') };
  const [version, kind, ...rest] = decodeURIComponent(call.url.pathname).split('/').slice(1).filter(Boolean);
  if (version === '2015-03-31' && kind === 'functions') {
    // The name may be an ARN; no name of ours holds a slash.
    return handleFunction(deps, call, rest[0], rest[1]);
  }
  if (version === '2015-03-31' && kind === 'event-source-mappings') return handleMapping(deps, call, rest[0]);
  if (version === '2017-03-31' && kind === 'tags') return handleTags(deps, call, rest.join('/'));
  if (version === '2024-08-31' && kind === 'functions' && rest[1] === 'recursion-config') {
    return handleRecursion(deps, call, rest[0] ?? '');
  }
  throw unknownOperation(call);
}

function handleTags({ world }: LambdaDeps, call: LambdaCall, arn: string): AwsAnswer {
  const tags = arn.includes(':event-source-mapping:')
    ? world.mappings[arn.slice(arn.lastIndexOf(':') + 1)]?.tags
    : findFunction(world, arn, call.region).tags;
  if (!tags) throw noResource();
  switch (call.method) {
    case 'GET':
      return json(200, { Tags: tags });
    case 'POST':
      Object.assign(tags, call.input.Tags);
      return { status: 204 };
    default:
      for (const key of call.url.searchParams.getAll('tagKeys')) delete tags[key];
      return { status: 204 };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
function handleRecursion({ world }: LambdaDeps, call: LambdaCall, name: string): AwsAnswer {
  const found = findFunction(world, name, call.region);
  if (call.method === 'PUT') {
    const { RecursiveLoop } = call.input;
    if (RecursiveLoop !== 'Allow' && RecursiveLoop !== 'Terminate') {
      throw new AwsError(
        400,
        'ValidationException',
        `1 validation error detected: Value '${RecursiveLoop}' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Allow, Terminate]`,
      );
    }
    found.recursiveLoop = RecursiveLoop;
  }
  return json(200, { RecursiveLoop: found.recursiveLoop });
}

/** @param name a function's name, its ARN, or the ARN's last parts. */
export function findFunction(world: World, name: string, region: string): LambdaFunction {
  const found = world.functions[functionName(name)];
  if (found && found.configuration.FunctionArn.split(':')[3] === region) return found;
  throw new AwsError(404, 'ResourceNotFoundException', `Function not found: ${functionArn(name, region)}`);
}

export function functionName(nameOrArn: string): string {
  return nameOrArn.includes(':function:')
    ? (nameOrArn.split(':function:')[1]?.split(':')[0] ?? '')
    : (nameOrArn.split(':')[0] ?? '');
}

export function functionArn(nameOrArn: string, region: string): string {
  return `arn:aws:lambda:${region}:000000000000:function:${functionName(nameOrArn)}`;
}

export function noResource(): AwsError {
  return new AwsError(404, 'ResourceNotFoundException', 'The resource you requested does not exist.');
}

export function invalidParameter(message: string): AwsError {
  return new AwsError(400, 'InvalidParameterValueException', message);
}

export function unknownOperation(call: AwsCall): AwsError {
  return new AwsError(
    404,
    'UnknownOperationException',
    `The sandbox's Lambda does not know ${call.method} ${call.url.pathname}.`,
  );
}

export function json(status: number, output: object): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(output) };
}
