import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  PutFunctionRecursionConfigCommand,
  type Runtime,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import { httpStatusOf, isServiceError, orAbsent } from '../../aws/errors.ts';
import { UserError } from '../../errors.ts';
import { FUNCTION_TIMEOUT_SECONDS, HANDLER } from '../../worker-contract.ts';
import { type Change, diffProperties, type Properties, touches } from '../change.ts';
import { retryDuringIamPropagation, retryUntilVisibilityTimeoutIsSeen } from '../eventual-consistency.ts';
import { STACK_TAG } from '../names.ts';
import { codeSha256 } from '../package.ts';
import type {
  Desired,
  Found,
  ObservedResource,
  Resource,
  ResourceRefs,
  ResourceStep,
  Situation,
  StepContext,
} from '../resource.ts';
import { retryWhile, type Waiter, waitFor } from '../wait.ts';
import {
  diffEnvironment,
  Environment,
  EVENT_SOURCE_PROPERTY,
  functionVariables,
} from './function-environment.ts';
import { role } from './role.ts';

export interface ObservedFunction extends ObservedResource {
  /** An earlier deploy paused the event source and was interrupted before it enabled it again. */
  readonly resumesEventSource: boolean;
  readonly properties: Properties;
  readonly environment: Environment;
  readonly packageType: string;
  /** Why Lambda cannot run it. A function that has failed can only be deleted. */
  readonly failure: string | undefined;
  /** When its code or a setting last changed. */
  readonly changedAt: Date | undefined;
  /** `undefined`: not limited by hand. */
  readonly reservedConcurrency: number | undefined;
}

/** On the function while its event source is paused by a deploy, so that the next one resumes it after a crash. */
export const RESUME_TAG = 'tdd:event-source';

const RUNTIME: Runtime = 'nodejs24.x';
const ARCHITECTURE = 'arm64';
const ABSENT = 'ResourceNotFoundException';
const UPDATE_TIMEOUT_MS = 180_000;

const RECURSION_PROPERTY = 'RecursiveLoop';
/** Which properties are set by which call. `Environment.` means all variables. */
const CONFIGURATION_PROPERTIES = [
  'Runtime',
  'Handler',
  'Role',
  'Timeout',
  'MemorySize',
  'Layers',
  'LogFormat',
  'LogGroup',
  'Environment.',
];
const CODE_PROPERTIES = ['CodeSha256', 'Architectures'];
/** Not in every emulator's answers; AWS always has them. */
const OPTIONAL_PROPERTIES: ReadonlySet<string> = new Set(['LogFormat', 'LogGroup', RECURSION_PROPERTY]);

/** The worker. */
export const lambdaFunction: Resource<'function', ObservedFunction> = {
  kind: 'function',
  nameOf: (names) => names.function,

  /** @throws {UserError} when its tags may not be read: its owner would be a guess. */
  async observe({ clients: { lambda }, clock }, names) {
    const FunctionName = names.function;
    const what = changeOf(FunctionName);
    const { answer } = await waitFor({ clock }, { timeoutMs: UPDATE_TIMEOUT_MS, what }, async () => {
      const answer = await orAbsent(lambda.send(new GetFunctionCommand({ FunctionName })), ABSENT);
      return answer?.Configuration && isChanging(answer.Configuration) ? undefined : { answer };
    });
    const configuration = answer?.Configuration;
    if (!answer || !configuration) return undefined;
    if (answer.TagsError) {
      const { ErrorCode, Message } = answer.TagsError;
      throw new UserError(
        `Lambda does not tell the tags of the function ${JSON.stringify(FunctionName)} (${ErrorCode}: ${Message}): the identity that this runs as needs lambda:ListTags.`,
      );
    }
    const { Tags = {}, Concurrency } = answer;
    return {
      ours: Tags[STACK_TAG] === names.stack,
      resumesEventSource: Tags[RESUME_TAG] !== undefined,
      properties: {
        [STACK_TAG]: Tags[STACK_TAG],
        ...propertiesOf(configuration),
        [RECURSION_PROPERTY]: await readRecursion(lambda, FunctionName),
      },
      environment: new Environment(configuration.Environment?.Variables),
      packageType: configuration.PackageType ?? 'Zip',
      failure:
        configuration.State === 'Failed' ? (configuration.StateReason ?? 'no reason given') : undefined,
      changedAt: configuration.LastModified ? new Date(configuration.LastModified) : undefined,
      reservedConcurrency: Concurrency?.ReservedConcurrentExecutions,
    };
  },

  diff({ properties, environment }, desired, refs) {
    const { names, input, zip } = desired;
    const wanted: Properties = {
      [STACK_TAG]: names.stack,
      Runtime: RUNTIME,
      Handler: HANDLER.name,
      Role: refs.roleArn ?? names.roleArn,
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
      ([property]) => !OPTIONAL_PROPERTIES.has(property) || properties[property] !== undefined,
    );
    return [
      ...diffProperties(properties, Object.fromEntries(told)),
      ...diffEnvironment(environment, functionVariables(input, refs)),
    ];
  },

  refuse({ packageType, failure }, names) {
    const name = JSON.stringify(names.function);
    if (packageType !== 'Zip') {
      throw new UserError(
        `The function ${name} is a container image, which cannot become a zip: delete it, or choose another name with --lambda-name.`,
      );
    }
    // https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    if (failure !== undefined) {
      throw new UserError(
        `The function ${name} has failed (${failure}), and Lambda mends none that has: delete it with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
      );
    }
  },

  steps(found, situation) {
    const { names, zip, refs } = situation;
    const FunctionName = names.function;
    const eventSourceIsNew = refs.eventSourceId === undefined;
    // The id of a new event source is known only once that is created, and it is created for an existing function.
    const setEventSourceId: ResourceStep | false = eventSourceIsNew && {
      action: 'set event source id',
      position: 'last',
      run: (context) => updateConfiguration(context, situation),
    };
    const allowRecursion: ResourceStep = {
      action: 'allow recursion',
      run: ({ clients: { lambda } }) => setRecursion(lambda, FunctionName),
    };
    if (!found) {
      return [
        { action: 'create', run: (context) => createFunction(context, situation) },
        allowRecursion,
        setEventSourceId,
      ];
    }
    const { changes } = found;
    const now = eventSourceIsNew
      ? changes.filter(({ property }) => property !== EVENT_SOURCE_PROPERTY)
      : changes;
    return [
      touches(changes, STACK_TAG) && {
        action: 'tag',
        run: ({ clients: { lambda } }) =>
          lambda.send(
            new TagResourceCommand({ Resource: names.functionArn, Tags: { [STACK_TAG]: names.stack } }),
          ),
      },
      touches(now, ...CONFIGURATION_PROPERTIES) && {
        action: 'set configuration',
        run: (context) => updateConfiguration(context, situation),
      },
      touches(changes, ...CODE_PROPERTIES) && {
        action: 'set code',
        run: (context) =>
          changeFunction(context, FunctionName, () =>
            context.clients.lambda.send(
              new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zip, Architectures: [ARCHITECTURE] }),
            ),
          ),
      },
      touches(changes, RECURSION_PROPERTY) && allowRecursion,
      setEventSourceId,
    ];
  },

  action: ({ ours, resumesEventSource }) => (ours && resumesEventSource ? 'update' : undefined),
  notes: (found, situation) => (found ? notesOf(found, situation) : []),

  destroy: ({ clients: { lambda }, clock }, { name }) =>
    retryWhile(
      { clock },
      { timeoutMs: 120_000 },
      (error) => isServiceError(error, 'ResourceConflictException'),
      () => orAbsent(lambda.send(new DeleteFunctionCommand({ FunctionName: name })), ABSENT),
    ),
};

/** Do these changes break the function between its new configuration and its new code? */
export function breaksMeanwhile(changes: readonly Change[]): boolean {
  return touches(changes, 'Runtime', 'Handler') && touches(changes, ...CODE_PROPERTIES);
}

function notesOf({ observed, changes }: Found<ObservedFunction>, situation: Situation): string[] {
  const { names, input, otherSources } = situation;
  const notes: string[] = [];
  if (hasNewRole(observed, situation)) {
    notes.push(
      `Its role is newer than itself, and Lambda may still hold the key of its variables for the earlier one: should workers end with KMSAccessDeniedException, delete the function with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
    );
  }
  if (observed.resumesEventSource) notes.push('The mark of an earlier deploy that was cut off goes from it.');
  const removesVariables = changes.some(
    ({ property, new: value }) =>
      property.startsWith('Environment.') && value === undefined && property !== EVENT_SOURCE_PROPERTY,
  );
  if (removesVariables) notes.push('Environment variables that tdd does not know are removed.');
  const { reservedConcurrency } = observed;
  if (reservedConcurrency !== undefined && reservedConcurrency < input.workers) {
    notes.push(
      `Its reserved concurrency of ${reservedConcurrency}, set by hand, is below the ${input.workers} workers, and is left as it is.`,
    );
  }
  for (const { sourceArn } of otherSources) {
    notes.push(
      `It also takes messages from ${sourceArn}. That is left as it is, but its role lets it read ${names.queue} alone: messages there go on waiting, until it is deployed with that queue again.`,
    );
  }
  return notes;
}

/**
 * Was the role deleted and created again after the function? Lambda's grant for the KMS key is for a role's id, not
 * for its name. https://www.lastweekinaws.com/blog/the-sneaky-weakness-behind-aws-managed-kms-keys/
 */
function hasNewRole({ properties, changedAt }: ObservedFunction, { names, find, refs }: Situation): boolean {
  // Setting another role renews the grant.
  if (properties.Role !== (refs.roleArn ?? names.roleArn)) return false;
  const found = find(role);
  if (!found) return true;
  return (found.observed.createdAt?.getTime() ?? 0) > (changedAt?.getTime() ?? Number.POSITIVE_INFINITY);
}

async function createFunction(context: StepContext, { names, input, zip }: Desired): Promise<void> {
  const { lambda } = context.clients;
  const command = new CreateFunctionCommand({
    FunctionName: names.function,
    Description: 'Downloads partitions of movies and reviews from TMDB into a data lake.',
    ...configurationOf({ names, input }, context.refs),
    Architectures: [ARCHITECTURE],
    Code: { ZipFile: zip },
    Tags: { [STACK_TAG]: names.stack },
  });
  await retryDuringIamPropagation(context, context.clock.now(), () => lambda.send(command));
  await waitUntilReady(context, lambda, names.function);
}

/** Sets everything but code and architecture, and waits until it is in force. */
async function updateConfiguration(context: StepContext, { names, input }: Desired): Promise<void> {
  const { lambda } = context.clients;
  const command = new UpdateFunctionConfigurationCommand({
    FunctionName: names.function,
    ...configurationOf({ names, input }, context.refs),
    Layers: [],
  });
  await changeFunction(context, names.function, () =>
    retryDuringIamPropagation(context, context.clock.now(), () =>
      retryUntilVisibilityTimeoutIsSeen(context, () => lambda.send(command)),
    ),
  );
}

/** Makes one change and waits until it is in force: Lambda refuses a second one while the first is under way. */
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

/** @throws {UserError} when the creation or change has failed, or takes too long. */
async function waitUntilReady(
  waiter: Waiter,
  lambda: DeployClients['lambda'],
  FunctionName: string,
): Promise<void> {
  const options = { timeoutMs: UPDATE_TIMEOUT_MS, intervalMs: 1_000, what: changeOf(FunctionName) };
  await waitFor(waiter, options, async () => {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    if (found.State === 'Failed' || found.LastUpdateStatus === 'Failed') {
      const reason = found.LastUpdateStatusReason ?? found.StateReason ?? 'no reason given';
      throw new UserError(`Lambda could not bring ${JSON.stringify(FunctionName)} up to date: ${reason}`);
    }
    return isChanging(found) ? undefined : found;
  });
}

function isChanging({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Pending' || LastUpdateStatus === 'InProgress';
}

function changeOf(functionName: string): string {
  return `The change of the function ${JSON.stringify(functionName)}`;
}

function configurationOf({ names, input }: Pick<Desired, 'names' | 'input'>, refs: Readonly<ResourceRefs>) {
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

function propertiesOf(found: FunctionConfiguration): Properties {
  const text = (value: number | undefined) => (value === undefined ? undefined : String(value));
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

/** @returns `undefined` where an emulator does not have the call. */
async function readRecursion(
  lambda: DeployClients['lambda'],
  FunctionName: string,
): Promise<string | undefined> {
  try {
    return (await lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }))).RecursiveLoop;
  } catch (error) {
    if (isUnknownToEmulator(error)) return undefined;
    throw error;
  }
}

/** Allows the function to send messages to its own queue: otherwise Lambda stops such chains after 16. */
async function setRecursion(lambda: DeployClients['lambda'], FunctionName: string): Promise<void> {
  try {
    await lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop: 'Allow' }));
  } catch (error) {
    if (!isUnknownToEmulator(error)) throw error;
  }
}

/** An emulator without the call answers with a page of HTML, or with "not implemented". */
function isUnknownToEmulator(error: unknown): boolean {
  const status = httpStatusOf(error);
  if (status === 405 || status === 501) return true;
  if (status !== 404) return isServiceError(error, 'UnknownOperationException', 'NotImplemented');
  return !isServiceError(error, ABSENT);
}
