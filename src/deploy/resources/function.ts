import {
  CreateFunctionCommand,
  type FunctionConfiguration,
  type Runtime,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import { isVisibilityNotThere, says } from '../../aws/errors.ts';
import { UserError } from '../../errors.ts';
import { FUNCTION_TIMEOUT_SECONDS, HANDLER } from '../../worker-contract.ts';
import { type Change, diffProperties, type Properties } from '../change.ts';
import type { DeploymentInput } from '../deployment-input.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { codeSha256 } from '../package.ts';
import { retryWhile } from '../wait.ts';
import { changeFunction, type FunctionDeps, readWhenReady, waitUntilReady } from './function-changes.ts';
import { diffEnvironment, Environment } from './function-environment.ts';
import { functionVariables, type Surroundings } from './function-variables.ts';
import { RECURSION_PROPERTY, readRecursion } from './recursion.ts';
import { RESUME_TAG } from './resume-mark.ts';

/** The function as it is. */
export interface ObservedFunction {
  readonly arn: string;
  readonly ours: boolean;
  /** An earlier deploy has disabled the event source and not come to the point of enabling it again. */
  readonly resumesEventSource: boolean;
  readonly properties: Properties;
  readonly environment: Environment;
  readonly packageType: string;
  /** Why Lambda cannot run it, and never will: one that has failed is only deleted. */
  readonly failure: string | undefined;
  /** When its code or a setting last changed. */
  readonly changedAt: Date | undefined;
  /** `undefined`: not limited by hand. */
  readonly reservedConcurrency: number | undefined;
}

const RUNTIME: Runtime = 'nodejs24.x';
const ARCHITECTURE = 'arm64';

/**
 * Reads the function's state, waiting while it is about to change; `undefined` when there is none of this name.
 * @throws {UserError} when its tags may not be read: whose it is would be a guess.
 */
export async function observeFunction(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
): Promise<ObservedFunction | undefined> {
  const FunctionName = names.function;
  const answer = await readWhenReady({ lambda, clock }, names);
  const configuration = answer?.Configuration;
  if (!answer || !configuration) return undefined;
  if (answer.TagsError) {
    const { ErrorCode, Message } = answer.TagsError;
    throw new UserError(
      `Lambda does not tell the tags of the function ${JSON.stringify(FunctionName)} (${ErrorCode}: ${Message}): the identity that this runs as needs lambda:ListTags.`,
    );
  }
  const tag = answer.Tags?.[STACK_TAG];
  return {
    arn: configuration.FunctionArn ?? names.functionArn,
    ours: tag === names.stack,
    resumesEventSource: answer.Tags?.[RESUME_TAG] !== undefined,
    properties: {
      [STACK_TAG]: tag,
      ...configurationOf(configuration),
      [RECURSION_PROPERTY]: await readRecursion(lambda, FunctionName),
    },
    environment: new Environment(configuration.Environment?.Variables),
    packageType: configuration.PackageType ?? 'Zip',
    failure: configuration.State === 'Failed' ? (configuration.StateReason ?? 'no reason given') : undefined,
    changedAt: configuration.LastModified ? new Date(configuration.LastModified) : undefined,
    reservedConcurrency: answer.Concurrency?.ReservedConcurrentExecutions,
  };
}

/** What differs from how the function shall be. A property that an emulator does not tell is not compared. */
export function diffFunction(
  observed: ObservedFunction,
  names: DeploymentNames,
  input: DeploymentInput,
  zip: Uint8Array,
  surroundings: Surroundings,
): Change[] {
  const wanted: Properties = {
    [STACK_TAG]: names.stack,
    Runtime: RUNTIME,
    Handler: HANDLER.name,
    Role: surroundings.roleArn,
    Timeout: String(FUNCTION_TIMEOUT_SECONDS),
    MemorySize: String(input.memorySizeMb),
    Layers: 'none',
    LogFormat: 'JSON',
    LogGroup: names.logGroup,
    Architectures: ARCHITECTURE,
    CodeSha256: codeSha256(zip),
    [RECURSION_PROPERTY]: 'Allow',
  };
  const told = Object.entries(wanted).filter(
    ([property]) => !UNTOLD.has(property) || observed.properties[property] !== undefined,
  );
  return [
    ...diffProperties(observed.properties, Object.fromEntries(told)),
    ...diffEnvironment(observed.environment, functionVariables(input, surroundings)),
  ];
}

/** Which of a function's changes are made by which call. `Environment.` stands for all variables. */
export const CONFIGURATION_PROPERTIES = [
  'Runtime',
  'Handler',
  'Role',
  'Timeout',
  'MemorySize',
  'Layers',
  'LogFormat',
  'LogGroup',
  'Environment.',
] as const;
export const CODE_PROPERTIES = ['CodeSha256', 'Architectures'] as const;
/** Makes the function and waits until it is ready. A new role is known to Lambda only after a while. */
export async function createFunction(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
  input: DeploymentInput,
  zip: Uint8Array,
  surroundings: Surroundings,
  onWait?: () => void,
): Promise<void> {
  const command = new CreateFunctionCommand({
    FunctionName: names.function,
    Description: 'Downloads partitions of movies and reviews from TMDB into a data lake.',
    ...configuration(names, input, surroundings),
    Architectures: [ARCHITECTURE],
    Code: { ZipFile: zip },
    Tags: { [STACK_TAG]: names.stack },
  });
  await retryWhile({ clock, timeoutMs: ROLE_TIMEOUT_MS, onWait }, isRoleNotReady, () => lambda.send(command));
  await waitUntilReady({ lambda, clock }, names, onWait);
}

/** Sets everything but code and architecture, and waits until it is in force. */
export async function updateConfiguration(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
  input: DeploymentInput,
  surroundings: Surroundings,
  onWait?: () => void,
): Promise<void> {
  const command = new UpdateFunctionConfigurationCommand({
    FunctionName: names.function,
    ...configuration(names, input, surroundings),
    Layers: [],
  });
  await changeFunction({ lambda, clock }, names, onWait, () =>
    retryWhile(
      { clock, timeoutMs: ROLE_TIMEOUT_MS, onWait },
      (error) => isRoleNotReady(error) || isVisibilityNotThere(error),
      () => lambda.send(command),
    ),
  );
}

/** Uploads the code for our architecture, and waits until it is in force. */
export async function updateCode(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
  zip: Uint8Array,
  onWait?: () => void,
): Promise<void> {
  const command = new UpdateFunctionCodeCommand({
    FunctionName: names.function,
    ZipFile: zip,
    Architectures: [ARCHITECTURE],
  });
  await changeFunction({ lambda, clock }, names, onWait, () => lambda.send(command));
}

export async function tagFunction(
  { lambda }: Pick<DeployClients, 'lambda'>,
  names: DeploymentNames,
): Promise<void> {
  await lambda.send(
    new TagResourceCommand({ Resource: names.functionArn, Tags: { [STACK_TAG]: names.stack } }),
  );
}

const ROLE_TIMEOUT_MS = 60_000;
/** Not in every emulator's answers; AWS always tells them. */
const UNTOLD: ReadonlySet<string> = new Set(['LogFormat', 'LogGroup', RECURSION_PROPERTY]);

function configuration(names: DeploymentNames, input: DeploymentInput, surroundings: Surroundings) {
  const variables = Object.entries(functionVariables(input, surroundings));
  const known = variables.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    Runtime: RUNTIME,
    Handler: HANDLER.name,
    Role: surroundings.roleArn,
    Timeout: FUNCTION_TIMEOUT_SECONDS,
    MemorySize: input.memorySizeMb,
    LoggingConfig: { LogFormat: 'JSON', LogGroup: names.logGroup },
    Environment: { Variables: Object.fromEntries(known) },
  } as const;
}

function configurationOf(found: FunctionConfiguration): Properties {
  return {
    Runtime: found.Runtime,
    Handler: found.Handler,
    Role: found.Role,
    Timeout: text(found.Timeout),
    MemorySize: text(found.MemorySize),
    Layers: found.Layers?.map(({ Arn }) => Arn).join(', ') || 'none',
    LogFormat: found.LoggingConfig?.LogFormat,
    LogGroup: found.LoggingConfig?.LogGroup,
    Architectures: found.Architectures?.join(', '),
    CodeSha256: found.CodeSha256,
  };
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/**
 * KMS may learn of a role later than Lambda, which gives it the key of the environment variables.
 * https://github.com/hashicorp/terraform-provider-aws/issues/4633
 */
function isRoleNotReady(error: unknown): boolean {
  const pattern = /cannot be assumed by Lambda|KMS key is invalid for CreateGrant/i;
  return says(error, 'InvalidParameterValueException', pattern);
}
