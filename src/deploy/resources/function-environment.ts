import { inspect } from 'node:util';
import { WORKER_VARIABLES } from '../../worker-contract.ts';
import { type Change, change } from '../change.ts';
import type { DeploymentInput } from '../names.ts';
import type { ResourceRefs } from '../resource.ts';

const HIDDEN = '(hidden)';

/** A function's environment variables. They include the API key, so only their names are printed and serialized. */
export class Environment {
  readonly #variables: Readonly<Record<string, string>>;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.#variables = { ...variables };
  }

  get(name: string): string | undefined {
    return this.#variables[name];
  }

  names(): string[] {
    return Object.keys(this.#variables).sort();
  }

  /** All variables with their values, for the call that sends them. */
  toVariables(): Record<string, string> {
    return { ...this.#variables };
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.names().map((name) => [name, HIDDEN]));
  }

  [inspect.custom](): Record<string, string> {
    return this.toJSON();
  }
}

/** The name of the property that holds the event source's ID. */
export const EVENT_SOURCE_PROPERTY = `Environment.${WORKER_VARIABLES.eventSourceId}`;

/** Values by variable name; `undefined` for a value that is known only after a resource is created. */
type WantedVariables = Readonly<Record<string, string | undefined>>;

/** The wanted environment variables: the worker's settings, and those that follow from the deployment. */
export function functionVariables(input: DeploymentInput, refs: Readonly<ResourceRefs>): WantedVariables {
  return {
    ...input.environment,
    [WORKER_VARIABLES.bucketName]: input.bucketName,
    [WORKER_VARIABLES.workers]: String(input.workers),
    [WORKER_VARIABLES.queueUrl]: refs.queueUrl,
    [WORKER_VARIABLES.deadLetterQueueUrl]: refs.deadLetterQueueUrl,
    [WORKER_VARIABLES.eventSourceId]: refs.eventSourceId,
  };
}

/**
 * The drift of a function's environment variables. It never contains the API key, or the value of a variable that tdd
 * does not set: another tool may have stored the key under another name.
 */
export function diffEnvironment(old: Environment, wanted: WantedVariables): Change[] {
  const names = new Set([...old.names(), ...Object.keys(wanted)]);
  return [...names].sort().flatMap((name) => {
    const before = old.get(name);
    const isWanted = name in wanted;
    const after = wanted[name];
    const property = `Environment.${name}`;
    if (!isWanted) return [change(property, HIDDEN, undefined)];
    if (before !== undefined && before === after) return [];
    if (name === WORKER_VARIABLES.apiKey)
      return [change(property, before === undefined ? undefined : HIDDEN, 'changed')];
    return [change(property, before, after ?? '(known after creation)')];
  });
}
