import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import type { CodeStore } from './code-store.ts';
import type { Queues } from './queues.ts';
import { ACCOUNT_ID, type LambdaFunction, type World } from './world.ts';

/** The state and settings of Lambda. */
export interface LambdaDeps {
  readonly world: World;
  readonly now: () => number;
  readonly queues: Pick<Queues, 'attributes'>;
  readonly code: CodeStore;
  /** The duration of IAM propagation: until then, Lambda cannot assume a new or changed role. */
  readonly roleDelayMs: number;
  /** How long creating or updating a function or mapping takes. */
  readonly updateDelayMs: number;
}

/** A call of Lambda with its parsed body. */
export interface LambdaCall extends AwsCall {
  readonly input: Readonly<Record<string, unknown>>;
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
  return `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${functionName(nameOrArn)}`;
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
    `The sandbox's Lambda does not implement ${call.method} ${call.url.pathname}.`,
  );
}

export function json(status: number, output: object): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(output) };
}
