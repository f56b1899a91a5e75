import { GetFunctionRecursionConfigCommand, PutFunctionRecursionConfigCommand } from '@aws-sdk/client-lambda';
import type { DeployClients } from '../../aws/clients.ts';
import { httpStatusOf, isServiceError } from '../../aws/errors.ts';
import type { DeploymentNames } from '../names.ts';

export const RECURSION_PROPERTY = 'RecursiveLoop';

/** What the function may do, or `undefined` where an emulator does not tell. */
export async function readRecursion(
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

/** Allows the function to send messages to its own queue: Lambda stops such chains after 16 otherwise. */
export async function allowRecursion(
  { lambda }: Pick<DeployClients, 'lambda'>,
  names: DeploymentNames,
): Promise<void> {
  try {
    await lambda.send(
      new PutFunctionRecursionConfigCommand({ FunctionName: names.function, RecursiveLoop: 'Allow' }),
    );
  } catch (error) {
    if (!isUnknownToEmulator(error)) throw error;
  }
}

const ABSENT = 'ResourceNotFoundException';

/** An emulator without the call answers with a page of HTML, or with "not implemented". */
function isUnknownToEmulator(error: unknown): boolean {
  const status = httpStatusOf(error);
  if (status === 405 || status === 501) return true;
  if (status !== 404) return isServiceError(error, 'UnknownOperationException', 'NotImplemented');
  return !isServiceError(error, ABSENT);
}
