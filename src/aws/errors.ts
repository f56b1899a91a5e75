import { UserError } from '../errors.ts';

/** AWS denied a call: the message names the permission that is missing. */
export class DeniedError extends UserError {
  override readonly name = 'DeniedError';
}

/** Is this a service's answer of one of these names? */
export function isServiceError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** The answer of a call, or `undefined` when the service says (with one of these names) that there is none. */
export async function orAbsent<T>(call: Promise<T>, ...names: readonly string[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isServiceError(error, ...names)) return undefined;
    throw error;
  }
}

/** Does an error of a service say this? */
export function says(error: unknown, name: string, pattern: RegExp): boolean {
  return isServiceError(error, name) && pattern.test(error.message);
}

/** Does Lambda not know yet of the visibility time-out that a queue was given? SQS takes up to a minute to spread it. */
export function isVisibilityNotThere(error: unknown): boolean {
  return says(error, 'InvalidParameterValueException', /visibility timeout.+less than function timeout/i);
}

/** The HTTP status that a service answered with, where an error came from an answer. */
export function httpStatusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/** A header of the HTTP answer that an error came from. */
export function responseHeader(error: unknown, name: string): string | undefined {
  const response = error instanceof Error && '$response' in error ? error.$response : undefined;
  const value = (response as { headers?: Record<string, unknown> } | undefined)?.headers?.[name];
  return typeof value === 'string' ? value : undefined;
}
