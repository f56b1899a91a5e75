import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type LambdaClientConfig,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { clientConfig, SHORT_TIMEOUTS } from './client-config.ts';
import { explainAwsError, undefinedIfNotFound } from './errors.ts';

interface LambdaDeps {
  readonly lambda: Pick<LambdaClient, 'send'>;
}

const NOT_FOUND = 'ResourceNotFoundException';

/**
 * Lists all event source mappings of a queue (including those whose function is deleted) or of a function, from all
 * pages.
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
 * @returns `undefined` when there is none with this id.
 * @throws the SDK's error.
 */
export async function getEventSource(
  { lambda }: LambdaDeps,
  id: string,
): Promise<EventSourceMappingConfiguration | undefined> {
  return undefinedIfNotFound(lambda.send(new GetEventSourceMappingCommand({ UUID: id })), NOT_FOUND);
}

/**
 * Begins to enable or disable an event source; AWS takes some seconds for it. Disabled, Lambda takes no more
 * messages from the queue, which keeps them.
 * @throws the SDK's error, also when the event source is changing already.
 */
async function setEventSourceEnabled(
  { lambda }: LambdaDeps,
  id: string,
  enabled: boolean,
): Promise<EventSourceMappingConfiguration> {
  return lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled }));
}

/**
 * Disables the worker's own event source, with a client of its own: a worker whose key is accepted needs none.
 * @throws the SDK's error, also when the event source is changing already.
 */
export async function disableEventSource(id: string, config: LambdaClientConfig = {}): Promise<void> {
  const lambda = new LambdaClient({ ...clientConfig(SHORT_TIMEOUTS), ...config });
  try {
    await setEventSourceEnabled({ lambda }, id, false);
  } finally {
    lambda.destroy();
  }
}

/** Is its last change complete? Until then AWS refuses another one. */
export function isStable({ state }: { readonly state: string | undefined }): boolean {
  return state === 'Enabled' || state === 'Disabled';
}

/** The workers' Lambda function, as far as a fleet needs to know. */
export interface WorkerFunction {
  /** AWS's word: `Active`, `Pending`, `Inactive`, `Failed`. */
  readonly state: string;
  /** AWS's word on the last change: `Successful`, `InProgress`, `Failed`. */
  readonly lastUpdate: string;
}

/** The event source mapping that delivers the queue's messages to the workers. */
export interface EventSource {
  readonly id: string;
  /** AWS's word: `Enabled`, `Disabled`, `Enabling`, `Disabling`, `Creating`, `Updating`, `Deleting`. */
  readonly state: string;
  /** Workers at once. */
  readonly maximumConcurrency?: number;
}

/** The state of the workers, and the switch of their event source. */
export interface FleetWorkers {
  /** @returns `undefined` when the function does not exist. */
  readFunction(): Promise<WorkerFunction | undefined>;
  /** The function's variables, including the TMDB key. @returns `undefined` when the function does not exist. */
  readEnvironment(): Promise<Readonly<Record<string, string>> | undefined>;
  /** @returns `undefined` when there is no event source between the queue and the function. */
  readEventSource(): Promise<EventSource | undefined>;
  /** Starts to enable or disable it, which takes AWS some seconds. */
  setEventSourceEnabled(id: string, enabled: boolean): Promise<EventSource>;
}

/** The workers of a function that receives its messages from a queue. All methods throw a {@link UserError}. */
export function createFleetWorkers(
  { lambda }: LambdaDeps,
  { functionName, queueName }: { readonly functionName: string; readonly queueName: string },
): FleetWorkers {
  const subject = `the function "${functionName}"`;
  const clearly = <Answer>(doing: string, operation: string, answer: Promise<Answer>): Promise<Answer> =>
    answer.catch((error: unknown) => {
      const actions = [`lambda:${operation}`];
      throw explainAwsError(error, { doing: `${doing} ${subject}`, actions, subject });
    });

  const readConfiguration = () => {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    return clearly(
      'look at',
      'GetFunctionConfiguration',
      undefinedIfNotFound(lambda.send(command), NOT_FOUND),
    );
  };

  return {
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
      const all = await clearly('look at the event sources of', 'ListEventSourceMappings', listing);
      const ours = all.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${queueName}`));
      return ours && toEventSource(ours);
    },

    async setEventSourceEnabled(id, enabled) {
      const doing = `${enabled ? 'enable' : 'disable'} the event source of`;
      const switching = setEventSourceEnabled({ lambda }, id, enabled);
      return toEventSource(await clearly(doing, 'UpdateEventSourceMapping', switching));
    },
  };
}

function toEventSource(mapping: EventSourceMappingConfiguration): EventSource {
  const { UUID = '', State = 'Unknown', ScalingConfig } = mapping;
  const maximumConcurrency = ScalingConfig?.MaximumConcurrency;
  return { id: UUID, state: State, ...(maximumConcurrency !== undefined && { maximumConcurrency }) };
}
