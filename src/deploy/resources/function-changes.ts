import {
  type Architecture,
  CreateFunctionCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  GetFunctionConfigurationCommand,
  type Runtime,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { AwsClients } from '../../aws/clients.ts';
import { isServiceError, undefinedIfNotFound } from '../../aws/errors.ts';
import { UserError } from '../../errors.ts';
import { FUNCTION_TIMEOUT_SECONDS, HANDLER } from '../../worker-contract.ts';
import { retryDuringIamPropagation, retryUntilLambdaSeesQueue } from '../eventual-consistency.ts';
import { STACK_TAG } from '../names.ts';
import type { Desired, ResourceRefs, StepContext } from '../resource.ts';
import { retryWhile, type Waiter, waitFor } from '../wait.ts';
import { functionVariables } from './function-environment.ts';

const RUNTIME: Runtime = 'nodejs24.x';
export const ARCHITECTURE = 'arm64';
/** The description of a new function, by which one that lost its tag is recognized. A deploy never changes it. */
export const DESCRIPTION = 'Downloads partitions of movies and reviews from TMDB into a data lake.';
const UPDATE_TIMEOUT_MS = 180_000;

/** The function's configuration: all properties except code and architecture. */
export function configurationOf({ names, input }: Desired, refs: Readonly<ResourceRefs>) {
  const variables = Object.entries(functionVariables(input, refs));
  const known = variables.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    Runtime: RUNTIME,
    Handler: HANDLER.name,
    Role: refs.roleArn ?? names.roleArn,
    Timeout: FUNCTION_TIMEOUT_SECONDS,
    MemorySize: input.memorySizeMb,
    LoggingConfig: { LogFormat: 'JSON', LogGroup: names.logGroup },
    Environment: { Variables: Object.fromEntries(known) },
  } as const;
}

/** Creates the function and waits until it is active. @throws {UserError} when Lambda cannot create it. */
export async function createFunction(context: StepContext, desired: Desired): Promise<void> {
  const { lambda } = context.clients;
  const { names, zip } = desired;
  const command = new CreateFunctionCommand({
    FunctionName: names.function,
    Description: DESCRIPTION,
    ...configurationOf(desired, context.refs),
    Architectures: [ARCHITECTURE],
    Code: { ZipFile: zip },
    Tags: { [STACK_TAG]: names.stack },
  });
  await retryDuringIamPropagation(context, context.clock.monotonic(), () => lambda.send(command));
  await waitUntilReady(context, lambda, names.function);
}

/** Sets the configuration and waits until it is in effect. @throws {UserError} when Lambda cannot apply it. */
export async function updateConfiguration(context: StepContext, desired: Desired): Promise<void> {
  const { lambda } = context.clients;
  const FunctionName = desired.names.function;
  const configuration = configurationOf(desired, context.refs);
  const command = new UpdateFunctionConfigurationCommand({ FunctionName, ...configuration, Layers: [] });
  await changeFunction(context, FunctionName, () =>
    retryDuringIamPropagation(context, context.clock.monotonic(), () =>
      retryUntilLambdaSeesQueue(context, () => lambda.send(command)),
    ),
  );
}

/**
 * Uploads the code, sets the architecture, and waits until both are in effect.
 * @throws {UserError} when Lambda cannot apply them.
 */
export async function updateCode(context: StepContext, { names, zip }: Desired): Promise<void> {
  const { lambda } = context.clients;
  const FunctionName = names.function;
  const Architectures: Architecture[] = [ARCHITECTURE];
  const command = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zip, Architectures });
  await changeFunction(context, FunctionName, () => lambda.send(command));
}

/** Reads the function, after any creation or update in progress. @returns `undefined` when it does not exist. */
export async function readWhenReady(
  waiter: Waiter,
  lambda: AwsClients['lambda'],
  FunctionName: string,
): Promise<GetFunctionCommandOutput | undefined> {
  const options = { timeoutMs: UPDATE_TIMEOUT_MS, what: updateOf(FunctionName) };
  const { answer } = await waitFor(waiter, options, async () => {
    const command = new GetFunctionCommand({ FunctionName });
    const answer = await undefinedIfNotFound(lambda.send(command), 'ResourceNotFoundException');
    return answer?.Configuration && isChanging(answer.Configuration) ? undefined : { answer };
  });
  return answer;
}

/**
 * Makes one update and waits until it is in effect, because Lambda rejects further updates while one is in progress.
 */
async function changeFunction(
  context: StepContext,
  functionName: string,
  call: () => Promise<unknown>,
): Promise<void> {
  await retryWhile(
    context,
    { timeoutMs: UPDATE_TIMEOUT_MS },
    (error) => isServiceError(error, 'ResourceConflictException'),
    call,
  );
  await waitUntilReady(context, context.clients.lambda, functionName);
}

/** @throws {UserError} when the creation or update failed or timed out. */
async function waitUntilReady(
  waiter: Waiter,
  lambda: AwsClients['lambda'],
  FunctionName: string,
): Promise<void> {
  const options = { timeoutMs: UPDATE_TIMEOUT_MS, intervalMs: 1_000, what: updateOf(FunctionName) };
  await waitFor(waiter, options, async () => {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    if (found.State === 'Failed' || found.LastUpdateStatus === 'Failed') {
      const reason = found.LastUpdateStatusReason ?? found.StateReason ?? 'no reason given';
      throw new UserError(`Lambda could not update the function ${JSON.stringify(FunctionName)}: ${reason}`);
    }
    return isChanging(found) ? undefined : found;
  });
}

function isChanging({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Pending' || LastUpdateStatus === 'InProgress';
}

function updateOf(functionName: string): string {
  return `Lambda to update the function ${JSON.stringify(functionName)}`;
}
