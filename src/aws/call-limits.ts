/** How long a client waits for AWS: the SDK waits for ever by default. */
export const CALL_LIMITS = { requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 } };
