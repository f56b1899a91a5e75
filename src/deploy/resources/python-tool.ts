/**
 * What the earlier Python tool creates, which a deploy adopts without being told to:
 * https://github.com/hudsonmendes/lambda-tmdb-distributed-downloader/blob/master/tdd/infra/deploy.py
 */
const FUNCTION = {
  description: 'Distribute download for TMDB movies using IMDB movie ids.',
  handler: 'lambda_function.lambda_handler',
};
const ROLE_DESCRIPTION = 'Execution role for TMDB Distributed Downloader lambda function';
const ROLE_POLICIES = [
  'AmazonS3FullAccess',
  'service-role/AWSLambdaSQSQueueExecutionRole',
  'service-role/AWSLambdaBasicExecutionRole',
];

/** Whether the Python tool created a function. Its handler is also the console's default, so that proves nothing alone. */
export function isPythonFunction(found: {
  readonly description: string | undefined;
  readonly handler: string | undefined;
  readonly runtime: string;
}): boolean {
  return (
    found.description === FUNCTION.description &&
    found.handler === FUNCTION.handler &&
    found.runtime.startsWith('python')
  );
}

/** Whether the Python tool created a role, and nobody has given it other permissions since. */
export function isPythonRole(found: {
  readonly description: string | undefined;
  readonly inlinePolicies: readonly string[];
  /** ARNs. */
  readonly managedPolicies: readonly string[];
}): boolean {
  return (
    found.description === ROLE_DESCRIPTION &&
    found.inlinePolicies.length === 0 &&
    found.managedPolicies.every((arn) => ROLE_POLICIES.some((name) => arn.endsWith(`:aws:policy/${name}`)))
  );
}
