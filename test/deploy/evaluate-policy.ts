import type { PolicyDocument, PolicyStatement } from '../../src/deploy/policy.ts';

/** One call, as IAM sees it. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  /** Condition keys: `s3:prefix`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Does the policy allow the call? For policies that only allow, with the operators that ours has. */
export function isAllowed({ Statement }: PolicyDocument, access: Access): boolean {
  return Statement.some(
    (statement) =>
      statement.Action.some((action) => matches(action, access.action)) &&
      (statement.Resource ?? []).some((resource) => matches(resource, access.resource)) &&
      meets(statement, access),
  );
}

function meets({ Condition = {} }: PolicyStatement, { context = {} }: Access): boolean {
  return Object.entries(Condition).every(([operator, keys]) => {
    if (operator !== 'StringLike' && operator !== 'ArnEquals')
      throw new Error(`Unknown operator ${operator}.`);
    // A condition on a key that the call does not have is not met.
    return Object.entries(keys).every(([key, patterns]) => {
      const value = context[key];
      return value !== undefined && patterns.some((pattern) => matches(pattern, value));
    });
  });
}

/** IAM's wildcards: `*` for any characters, `?` for one. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's').test(value);
}
