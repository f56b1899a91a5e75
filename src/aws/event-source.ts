import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type LambdaClientConfig,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { clientConfig, SHORT_TIMEOUTS } from './client-config.ts';
import { explainAwsError, undefinedIfNotFound } from './errors.ts';

interface LambdaDeps {
  readonly lambda: Pick<LambdaClient, 'send'>;
}

const NOT_FOUND = 'ResourceNotFoundException';

/**
 * Lists all event source mappings of a queue (including those of deleted functions) or of a function, across all pages.
 * @returns an empty list when the function does not exist.
 * @throws the SDK's error.
 */
export async function listEventSources(
  { lambda }: LambdaDeps,
  of: { readonly queueArn: string } | { readonly functionName: string },
): Promise<EventSourceMappingConfiguration[]> {
  const filter = 'queueArn' in of ? { EventSourceArn: of.queueArn } : { FunctionName: of.functionName };
  const all: EventSourceMappingConfiguration[] = [];
  let Marker: string | undefined;
  do {
    const page = await undefinedIfNotFound(
      lambda.send(new ListEventSourceMappingsCommand({ ...filter, Marker })),
      NOT_FOUND,
    );
    all.push(...(page?.EventSourceMappings ?? []));
    Marker = page?.NextMarker || undefined;
  } while (Marker !== undefined);
  return all;
}

/**
 * Reads one event source mapping.
 * @returns `undefined` when no mapping has this ID.
 * @throws the SDK's error.
 */
export async function getEventSource(
  { lambda }: LambdaDeps,
  id: string,
): Promise<EventSourceMappingConfiguration | undefined> {
  return undefinedIfNotFound(lambda.send(new GetEventSourceMappingCommand({ UUID: id })), NOT_FOUND);
}

/**
 * Starts to enable or disable an event source, which takes AWS some seconds. While it is disabled, Lambda receives no
 * messages, and they stay on the queue.
 * @throws the SDK's error, also when another change of the event source is in progress.
 */
async function setEventSourceEnabled(
  { lambda }: LambdaDeps,
  id: string,
  enabled: boolean,
): Promise<EventSourceMappingConfiguration> {
  return lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled }));
}

/** The event source that delivers messages to this worker. */
export interface OwnEventSource {
  /** Whether it delivers messages: nobody has paused the fleet. @throws the SDK's error. */
  isEnabled(): Promise<boolean>;
  /** Disables it. @throws the SDK's error, also when another change of the event source is in progress. */
  disable(): Promise<void>;
}

/** Connects to the worker's own event source, with a Lambda client of its own. */
export function createOwnEventSource(
  id: string,
  env: Readonly<Record<string, string | undefined>>,
  config: LambdaClientConfig = {},
): OwnEventSource {
  const lambda = new LambdaClient({ ...clientConfig(SHORT_TIMEOUTS, env), ...config });
  return {
    async isEnabled() {
      const state = (await getEventSource({ lambda }, id))?.State;
      return state !== undefined && isDelivering({ state });
    },
    async disable() {
      await setEventSourceEnabled({ lambda }, id, false);
    },
  };
}

/** Whether an event source in this state delivers messages, or is about to. */
function isDelivering({ state }: { readonly state: string }): boolean {
  return !/^(?:Disabl|Delet)/.test(state);
}

/** Whether an event source's last change is complete. Until then AWS rejects other changes. */
export function isStable({ state }: { readonly state: string | undefined }): boolean {
  return state === 'Enabled' || state === 'Disabled';
}

/** The state of the workers' Lambda function. */
export interface WorkerFunction {
  /** `State` in AWS: `Active`, `Pending`, `Inactive` or `Failed`. */
  readonly state: string;
  /** `LastUpdateStatus` in AWS: `Successful`, `InProgress` or `Failed`. */
  readonly lastUpdate: string;
}

/** The event source mapping that delivers the queue's messages to the workers. */
export interface EventSource {
  readonly id: string;
  /** `State` in AWS: `Enabled`, `Disabled`, `Enabling`, `Disabling`, `Creating`, `Updating` or `Deleting`. */
  readonly state: string;
  /** The maximum number of workers that run at once. */
  readonly maximumConcurrency?: number;
}

/** Reads the state of the workers, and enables or disables their event source. */
export interface FleetWorkers {
  readonly functionName: string;
  readonly queueName: string;
  /** @returns `undefined` when the function does not exist. */
  readFunction(): Promise<WorkerFunction | undefined>;
  /**
   * The function's environment variables, including the secret API key.
   * @returns `undefined` when the function does not exist.
   */
  readEnvironment(): Promise<Readonly<Record<string, string>> | undefined>;
  /** @returns `undefined` when no event source connects the queue to the function. */
  readEventSource(): Promise<EventSource | undefined>;
  /** Removes a tag from the function; does nothing when the function does not exist or does not have the tag. */
  removeTag(key: string): Promise<void>;
  /** Starts to enable or disable the event source, which takes AWS some seconds. */
  setEventSourceEnabled(id: string, enabled: boolean): Promise<EventSource>;
}

/**
 * Connects to the workers of a function that receives messages from a queue.
 * All methods throw a {@link UserError}.
 */
export function createFleetWorkers(
  { lambda }: LambdaDeps,
  { functionName, queueName }: { readonly functionName: string; readonly queueName: string },
): FleetWorkers {
  const subject = `the function "${functionName}"`;
  const withUserError = <Answer>(
    doing: string,
    operation: string,
    answer: Promise<Answer>,
  ): Promise<Answer> =>
    answer.catch((error: unknown) => {
      const actions = [`lambda:${operation}`];
      throw explainAwsError(error, { doing: `${doing} ${subject}`, actions, subject });
    });

  const readConfiguration = () => {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    return withUserError(
      'read',
      'GetFunctionConfiguration',
      undefinedIfNotFound(lambda.send(command), NOT_FOUND),
    );
  };

  return {
    functionName,
    queueName,

    async readFunction() {
      const found = await readConfiguration();
      return found && { state: found.State ?? 'Active', lastUpdate: found.LastUpdateStatus ?? 'Successful' };
    },

    async readEnvironment() {
      const found = await readConfiguration();
      return found && (found.Environment?.Variables ?? {});
    },

    async readEventSource() {
      const listing = listEventSources({ lambda }, { functionName });
      const all = await withUserError('list the event sources of', 'ListEventSourceMappings', listing);
      const mapping = all.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${queueName}`));
      return mapping && toEventSource(mapping);
    },

    async removeTag(key) {
      const Resource = (await readConfiguration())?.FunctionArn;
      if (Resource === undefined) return;
      const listing = lambda.send(new ListTagsCommand({ Resource }));
      const { Tags = {} } = await withUserError('read the tags of', 'ListTags', listing);
      if (Tags[key] === undefined) return;
      const removing = lambda.send(new UntagResourceCommand({ Resource, TagKeys: [key] }));
      await withUserError(`remove the tag "${key}" of`, 'UntagResource', removing);
    },

    async setEventSourceEnabled(id, enabled) {
      const doing = `${enabled ? 'enable' : 'disable'} the event source of`;
      const switching = setEventSourceEnabled({ lambda }, id, enabled);
      return toEventSource(await withUserError(doing, 'UpdateEventSourceMapping', switching));
    },
  };
}

function toEventSource(mapping: EventSourceMappingConfiguration): EventSource {
  const { UUID = '', State = 'Unknown', ScalingConfig } = mapping;
  const maximumConcurrency = ScalingConfig?.MaximumConcurrency;
  return { id: UUID, state: State, ...(maximumConcurrency !== undefined && { maximumConcurrency }) };
}
