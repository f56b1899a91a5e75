import type { DeploymentInput } from '../deployment-input.ts';
import type { WantedVariables } from '../environment.ts';

/** The variable by which the worker knows its own event source, which it disables when the API key is revoked. */
const EVENT_SOURCE_VARIABLE = 'TDD_EVENT_SOURCE_UUID';
/** The variables that a worker's share of the budget follows from: the budget of the fleet, by their number. */
export const BUDGET_VARIABLE = 'TMDB_REQUESTS_PER_SECOND';
export const WORKERS_VARIABLE = 'TDD_WORKERS';

export const EVENT_SOURCE_PROPERTY = `Environment.${EVENT_SOURCE_VARIABLE}`;

/** What is known of other resources; `undefined` for one that is not made yet. */
export interface Surroundings {
  readonly roleArn: string;
  readonly queueUrl: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
  readonly eventSourceId: string | undefined;
}

/** The variables of the function: the settings, and what follows from the deployment. */
export function functionVariables(input: DeploymentInput, surroundings: Surroundings): WantedVariables {
  return {
    ...input.environment,
    DATALAKE_BUCKET_NAME: input.bucketName,
    [WORKERS_VARIABLE]: String(input.workers),
    TDD_QUEUE_URL: surroundings.queueUrl,
    TDD_DLQ_URL: surroundings.deadLetterQueueUrl,
    [EVENT_SOURCE_VARIABLE]: surroundings.eventSourceId,
  };
}
