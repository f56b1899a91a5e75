import {
  DeleteFunctionCommand,
  type FunctionConfiguration,
  GetFunctionRecursionConfigCommand,
  PutFunctionRecursionConfigCommand,
  TagResourceCommand,
} from '@aws-sdk/client-lambda';
import type { AwsClients } from '../../aws/clients.ts';
import { httpStatusOf, isNotOffered, isServiceError, undefinedIfNotFound } from '../../aws/errors.ts';
import { UserError } from '../../errors.ts';
import { HANDLER } from '../../worker-contract.ts';
import { type Change, diffProperties, type Properties, touches } from '../change.ts';
import { RESUME_TAG, STACK_TAG } from '../names.ts';
import { ownerOf } from '../ownership.ts';
import type { Found, ObservedResource, Resource, ResourceStep, Situation } from '../resource.ts';
import { retryWhile } from '../wait.ts';
import { codeSha256 } from '../zip.ts';
import {
  ARCHITECTURE,
  configurationOf,
  createFunction,
  DESCRIPTION,
  readWhenReady,
  updateCode,
  updateConfiguration,
} from './function-changes.ts';
import {
  diffEnvironment,
  Environment,
  EVENT_SOURCE_PROPERTY,
  functionVariables,
} from './function-environment.ts';
import { isPythonFunction } from './python-tool.ts';
import { role } from './role.ts';

export interface ObservedFunction extends ObservedResource {
  /** Whether it has the {@link RESUME_TAG}: a deploy was interrupted during its event-source pause. */
  readonly hasResumeTag: boolean;
  readonly description: string | undefined;
  readonly properties: Properties;
  readonly environment: Environment;
  readonly packageType: string;
  /** Why Lambda cannot run it. A failed function can only be deleted. */
  readonly failure: string | undefined;
  /** When its code or configuration last changed. */
  readonly changedAt: Date | undefined;
  /** `undefined` when it is not limited. */
  readonly reservedConcurrency: number | undefined;
}

const NOT_FOUND = 'ResourceNotFoundException';

const RECURSION_PROPERTY = 'RecursiveLoop';
/** Properties that TagResource, UpdateFunctionCode and PutFunctionRecursionConfig set; all others are configuration. */
const CODE_PROPERTIES = ['CodeSha256', 'Architectures'];
const OTHER_THAN_CONFIGURATION = [STACK_TAG, ...CODE_PROPERTIES, RECURSION_PROPERTY];
/** Some emulators do not return these properties; recursive loop detection does not exist in every region. */
const OPTIONAL_PROPERTIES: ReadonlySet<string> = new Set(['LogFormat', 'LogGroup', RECURSION_PROPERTY]);

/** The Lambda function of the workers. */
export const lambdaFunction: Resource<'function', ObservedFunction> = {
  kind: 'function',
  nameOf: (names) => names.function,
  namedBy: '--lambda-name',
  overwrites: 'its code, configuration and environment variables',
  isRecognized: ({ description, properties: { Handler, Runtime = '' } }) =>
    (description === DESCRIPTION && Handler === HANDLER.name) ||
    isPythonFunction({ description, handler: Handler, runtime: Runtime }),

  /** @throws {UserError} when the permission to read its tags is missing, because they identify its owner. */
  async observe({ clients: { lambda }, clock }, names) {
    const FunctionName = names.function;
    const answer = await readWhenReady({ clock }, lambda, FunctionName);
    const configuration = answer?.Configuration;
    if (!answer || !configuration) return undefined;
    if (answer.TagsError) {
      const { ErrorCode, Message } = answer.TagsError;
      throw new UserError(
        `Cannot read the tags of the function ${JSON.stringify(FunctionName)} (${ErrorCode}: ${Message}): grant the permission lambda:ListTags to the user or role in use.`,
      );
    }
    const { Tags = {}, Concurrency } = answer;
    return {
      owner: ownerOf(names, Tags[STACK_TAG]),
      hasResumeTag: Tags[RESUME_TAG] !== undefined,
      description: configuration.Description,
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
      ...propertiesOf({
        ...configurationOf(desired, refs),
        Architectures: [ARCHITECTURE],
        CodeSha256: codeSha256(zip),
      }),
      [RECURSION_PROPERTY]: 'Allow',
    };
    const comparable = Object.entries(wanted).filter(
      ([property]) => !OPTIONAL_PROPERTIES.has(property) || properties[property] !== undefined,
    );
    return [
      ...diffProperties(properties, Object.fromEntries(comparable)),
      ...diffEnvironment(environment, functionVariables(input, refs)),
    ];
  },

  assertUpdatable({ packageType, failure }, names) {
    const name = JSON.stringify(names.function);
    if (packageType !== 'Zip') {
      throw new UserError(
        `The function ${name} is a container image, which cannot be changed to a zip: delete it, or choose another function name.`,
      );
    }
    // https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    if (failure !== undefined) {
      throw new UserError(
        `The function ${name} is in the state Failed (${failure}), which is permanent: delete it with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
      );
    }
  },

  steps(found, situation) {
    const { names, refs } = situation;
    const FunctionName = names.function;
    const eventSourceIsNew = refs.eventSourceId === undefined;
    // The event source is created after the function, so the function gets its ID in a step of its own.
    const setEventSourceId: ResourceStep | false = eventSourceIsNew && {
      action: 'set event source mapping UUID',
      position: 'last',
      run: (context) => updateConfiguration(context, situation),
    };
    const turnOffLoopDetection: ResourceStep = {
      action: 'turn off recursive loop detection',
      run: ({ clients: { lambda } }) => setRecursion(lambda, FunctionName),
    };
    if (!found) {
      return [
        { action: 'create', run: (context) => createFunction(context, situation) },
        turnOffLoopDetection,
        setEventSourceId,
      ];
    }
    const { changes } = found;
    const isConfiguration = ({ property }: Change) =>
      !OTHER_THAN_CONFIGURATION.includes(property) &&
      !(eventSourceIsNew && property === EVENT_SOURCE_PROPERTY);
    return [
      touches(changes, STACK_TAG) && {
        action: 'tag',
        run: ({ clients: { lambda } }) =>
          lambda.send(
            new TagResourceCommand({ Resource: names.functionArn, Tags: { [STACK_TAG]: names.stack } }),
          ),
      },
      changes.some(isConfiguration) && {
        action: 'set configuration',
        run: (context) => updateConfiguration(context, situation),
      },
      touches(changes, ...CODE_PROPERTIES) && {
        action: 'set code',
        run: (context) => updateCode(context, situation),
      },
      touches(changes, RECURSION_PROPERTY) && turnOffLoopDetection,
      setEventSourceId,
    ];
  },

  action: ({ owner, hasResumeTag }) => (owner === 'ours' && hasResumeTag ? 'update' : undefined),
  notes: (found, situation) => [
    ...(situation.input.otherTmdbUrl === undefined
      ? []
      : [`The workers send the TMDB API key to ${situation.input.otherTmdbUrl} instead of TMDB.`]),
    ...(found ? notesOf(found, situation) : []),
  ],

  destroy: ({ clients: { lambda }, clock }, { name }) =>
    retryWhile(
      { clock },
      { timeoutMs: 120_000 },
      (error) => isServiceError(error, 'ResourceConflictException'),
      () => undefinedIfNotFound(lambda.send(new DeleteFunctionCommand({ FunctionName: name })), NOT_FOUND),
    ),
};

/** Whether these changes break the function between the update of its configuration and that of its code. */
export function breaksBetweenUpdates(changes: readonly Change[]): boolean {
  return touches(changes, 'Runtime', 'Handler') && touches(changes, ...CODE_PROPERTIES);
}

function notesOf({ observed, changes }: Found<ObservedFunction>, situation: Situation): string[] {
  const { names, input, otherSources } = situation;
  const notes: string[] = [];
  if (hasNewRole(observed, situation)) {
    notes.push(
      `Its role was created again after the function, so Lambda's KMS grant for the environment variables may belong to the old role. If workers fail with KMSAccessDeniedException, delete the function with "aws lambda delete-function --function-name ${names.function}", and run "tdd deploy" again.`,
    );
  }
  if (observed.hasResumeTag) notes.push(`The tag "${RESUME_TAG}" of an interrupted deploy will be removed.`);
  const removesVariables = changes.some(
    ({ property, new: value }) =>
      property.startsWith('Environment.') && value === undefined && property !== EVENT_SOURCE_PROPERTY,
  );
  if (removesVariables) notes.push('Environment variables that tdd does not set will be removed.');
  const { reservedConcurrency } = observed;
  if (reservedConcurrency !== undefined && reservedConcurrency < input.workers) {
    notes.push(
      `Its reserved concurrency of ${reservedConcurrency} is less than the ${input.workers} workers; tdd does not change it.`,
    );
  }
  for (const { sourceArn } of otherSources) {
    notes.push(
      `It also has an event source for ${sourceArn}, which stays. Its role only allows it to read ${names.queue}, so messages on the other queue wait until you deploy with that queue again.`,
    );
  }
  return notes;
}

/**
 * Whether the role was deleted and created again after the function. Lambda's KMS grant is for the role's unique ID,
 * not for its name. https://www.lastweekinaws.com/blog/the-sneaky-weakness-behind-aws-managed-kms-keys/
 */
function hasNewRole({ properties, changedAt }: ObservedFunction, { names, find, refs }: Situation): boolean {
  // Setting another role renews the grant.
  if (properties.Role !== (refs.roleArn ?? names.roleArn)) return false;
  const found = find(role);
  if (!found) return true;
  return (found.observed.createdAt?.getTime() ?? 0) > (changedAt?.getTime() ?? Number.POSITIVE_INFINITY);
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

/** @returns `undefined` when the region has no recursive loop detection, or an emulator does not support the call. */
async function readRecursion(
  lambda: AwsClients['lambda'],
  FunctionName: string,
): Promise<string | undefined> {
  try {
    return (await lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }))).RecursiveLoop;
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

/**
 * Allows the function to send messages to its own queue. Otherwise Lambda's recursive loop detection stops it after
 * about 16 invocations.
 */
async function setRecursion(lambda: AwsClients['lambda'], FunctionName: string): Promise<void> {
  try {
    await lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop: 'Allow' }));
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
}

/**
 * Some regions, such as those of GovCloud, have no recursive loop detection
 * (https://github.com/aws/aws-lambda-roadmap/issues/18). An emulator that does not support a call responds with an HTML page, or
 * with "not implemented".
 */
function isUnsupported(error: unknown): boolean {
  if (isNotOffered(error)) return true;
  const status = httpStatusOf(error);
  if (status === 405 || status === 501) return true;
  if (status !== 404) return isServiceError(error, 'UnknownOperationException', 'NotImplemented');
  return !isServiceError(error, NOT_FOUND);
}
