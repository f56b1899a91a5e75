import {
  type FunctionConfiguration,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  GetFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import { isServiceError, orAbsent } from '../../aws/errors.ts';
import type { Clock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import type { DeploymentNames } from '../names.ts';
import { retryWhile, waitFor } from '../wait.ts';

export interface FunctionDeps {
  readonly lambda: DeployClients['lambda'];
  readonly clock: Clock;
}

/** Makes one change: Lambda refuses a second one while the first is under way. */
export async function changeFunction(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
  onWait: (() => void) | undefined,
  call: () => Promise<unknown>,
): Promise<void> {
  await retryWhile(
    { clock, timeoutMs: UPDATE_TIMEOUT_MS, onWait },
    (error) => isServiceError(error, 'ResourceConflictException'),
    call,
  );
  await waitUntilReady({ lambda, clock }, names, onWait);
}

/** Waits while the function is being made or changed. @throws {UserError} when that has failed, or takes too long. */
export async function waitUntilReady(
  { lambda, clock }: FunctionDeps,
  names: DeploymentNames,
  onWait?: () => void,
): Promise<void> {
  const what = `The change of the function ${JSON.stringify(names.function)}`;
  await waitFor({ clock, timeoutMs: UPDATE_TIMEOUT_MS, intervalMs: 1_000, what, onWait }, async () => {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: names.function }));
    if (found.State === 'Failed' || found.LastUpdateStatus === 'Failed') {
      const reason = found.LastUpdateStatusReason ?? found.StateReason ?? 'no reason given';
      throw new UserError(`Lambda could not bring ${JSON.stringify(names.function)} up to date: ${reason}`);
    }
    return isChanging(found) ? undefined : found;
  });
}

/** Reads the function, waiting while it is being made or changed. @returns `undefined` when there is none. */
export async function readWhenReady(
  { lambda, clock }: FunctionDeps,
  { function: FunctionName }: DeploymentNames,
): Promise<GetFunctionCommandOutput | undefined> {
  const what = `The change of the function ${JSON.stringify(FunctionName)}`;
  const { answer } = await waitFor({ clock, timeoutMs: UPDATE_TIMEOUT_MS, what }, async () => {
    const answer = await orAbsent(
      lambda.send(new GetFunctionCommand({ FunctionName })),
      'ResourceNotFoundException',
    );
    return answer?.Configuration && isChanging(answer.Configuration) ? undefined : { answer };
  });
  return answer;
}

function isChanging({ State, LastUpdateStatus }: FunctionConfiguration): boolean {
  return State === 'Pending' || LastUpdateStatus === 'InProgress';
}

const UPDATE_TIMEOUT_MS = 180_000;
