import {
  type EventSourceMappingConfiguration,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { explainAwsError } from './explain-aws-error.ts';

/** The workers' Lambda function, as far as a fleet needs to know. */
export interface WorkerFunction {
  /** AWS's word: `Active`, `Pending`, `Inactive`, `Failed`. */
  readonly state: string;
  /** AWS's word on the last change: `Successful`, `InProgress`, `Failed`. */
  readonly lastUpdate: string;
}

/** What hands the queue's messages to the workers. */
export interface EventSource {
  readonly id: string;
  /** AWS's word: `Enabled`, `Disabled`, `Enabling`, `Disabling`, `Creating`, `Updating`, `Deleting`. */
  readonly state: string;
  /** Workers at once. */
  readonly maximumConcurrency?: number;
}

/** The workers, looked at and switched on and off. */
export interface FleetWorkers {
  /** @returns nothing when there is no such function. */
  readFunction(): Promise<WorkerFunction | undefined>;
  /** The function's variables, the TMDB key among them. @returns nothing when there is no such function. */
  readEnvironment(): Promise<Readonly<Record<string, string>> | undefined>;
  /** @returns nothing when no event source ties the queue to the function. */
  readEventSource(): Promise<EventSource | undefined>;
  /** Begins to switch; AWS takes some seconds for it. */
  switchEventSource(id: string, enabled: boolean): Promise<EventSource>;
}

/** The workers of a function that takes its messages from a queue. */
export function createFleetWorkers(
  { lambda }: { readonly lambda: Pick<LambdaClient, 'send'> },
  { functionName, queueName }: { readonly functionName: string; readonly queueName: string },
): FleetWorkers {
  async function orAbsent<Answer>(doing: string, run: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw explainAwsError(error, doing);
    }
  }

  return {
    readFunction: () =>
      orAbsent(`look at the function "${functionName}"`, async () => {
        const { State = 'Active', LastUpdateStatus = 'Successful' } = await lambda.send(
          new GetFunctionConfigurationCommand({ FunctionName: functionName }),
        );
        return { state: State, lastUpdate: LastUpdateStatus };
      }),

    readEnvironment: () =>
      orAbsent(`look at the function "${functionName}"`, async () => {
        const { Environment } = await lambda.send(
          new GetFunctionConfigurationCommand({ FunctionName: functionName }),
        );
        return Environment?.Variables ?? {};
      }),

    readEventSource: () =>
      orAbsent(`look at the event sources of the function "${functionName}"`, async () => {
        const { EventSourceMappings = [] } = await lambda.send(
          new ListEventSourceMappingsCommand({ FunctionName: functionName }),
        );
        const ours = EventSourceMappings.find(({ EventSourceArn }) =>
          EventSourceArn?.endsWith(`:${queueName}`),
        );
        return ours && toEventSource(ours);
      }),

    switchEventSource: async (id, enabled) => {
      try {
        return toEventSource(
          await lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled })),
        );
      } catch (error) {
        throw explainAwsError(
          error,
          `${enabled ? 'enable' : 'disable'} the event source of the function "${functionName}"`,
        );
      }
    },
  };
}

function toEventSource(mapping: EventSourceMappingConfiguration): EventSource {
  const { UUID = '', State = 'Unknown', ScalingConfig } = mapping;
  const maximumConcurrency = ScalingConfig?.MaximumConcurrency;
  return { id: UUID, state: State, ...(maximumConcurrency !== undefined && { maximumConcurrency }) };
}

/** Is it switched on, or about to be? */
export function isEnabled({ state }: EventSource): boolean {
  return state !== 'Disabled' && state !== 'Disabling';
}
