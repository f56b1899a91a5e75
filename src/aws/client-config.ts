/** How long a client waits for AWS, in milliseconds: the SDK waits forever by default. */
export interface Timeouts {
  readonly connectionTimeout: number;
  /** Without a byte from a connection. */
  readonly socketTimeout: number;
}

/** For clients of the command line, and for S3, which has large objects to move, everywhere. */
export const DEFAULT_TIMEOUTS: Timeouts = { connectionTimeout: 5_000, socketTimeout: 60_000 };

/**
 * For the worker's SQS and Lambda clients: a kept-alive connection that died while Lambda froze the process is
 * noticed by nothing else.
 */
export const SHORT_TIMEOUTS: Timeouts = { connectionTimeout: 3_000, socketTimeout: 10_000 };

/** Downloads make at most 20 requests at once, each with some writes; no service has a limit near this. */
const MAX_SOCKETS = 50;

/**
 * The options of every client in this program: whatever concerns the connections to AWS belongs here. Credentials,
 * profile, region, endpoint and retries come from the SDK's own chain of environment and `~/.aws`.
 */
export function clientConfig(timeouts: Timeouts) {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return { requestHandler: { httpAgent: agent, httpsAgent: agent, ...timeouts } };
}
