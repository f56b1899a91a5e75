/** How long a client waits for AWS, in milliseconds. By default the SDK waits forever. */
export interface Timeouts {
  readonly connectionTimeout: number;
  /** How long a connection may be idle. */
  readonly socketTimeout: number;
}

/** For all clients of the command line, and for S3 everywhere, because it transfers large objects. */
export const DEFAULT_TIMEOUTS: Timeouts = { connectionTimeout: 5_000, socketTimeout: 60_000 };

/**
 * For the worker's SQS and Lambda clients. A keep-alive connection can die while Lambda freezes the process; only a
 * timeout detects that.
 */
export const SHORT_TIMEOUTS: Timeouts = { connectionTimeout: 3_000, socketTimeout: 10_000 };

/** Downloads make at most 20 requests at once, each with a few writes. No service's limit is near this number. */
const MAX_SOCKETS = 50;

/**
 * The options of every AWS client in this program: all connection settings belong here. Credentials, profile, region,
 * endpoint and retries come from the SDK's default chain (environment and `~/.aws`).
 */
export function clientConfig(timeouts: Timeouts) {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return { requestHandler: { httpAgent: agent, httpsAgent: agent, ...timeouts } };
}
