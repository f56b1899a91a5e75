import { WORKER_VARIABLES } from '../../worker-contract.ts';
import type { DeploymentInput } from '../deployment-input.ts';
import type { WantedVariables } from './function-environment.ts';

export const EVENT_SOURCE_PROPERTY = `Environment.${WORKER_VARIABLES.eventSourceId}`;

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
    [WORKER_VARIABLES.bucketName]: input.bucketName,
    [WORKER_VARIABLES.workers]: String(input.workers),
    [WORKER_VARIABLES.queueUrl]: surroundings.queueUrl,
    [WORKER_VARIABLES.deadLetterQueueUrl]: surroundings.deadLetterQueueUrl,
    [WORKER_VARIABLES.eventSourceId]: surroundings.eventSourceId,
  };
}
