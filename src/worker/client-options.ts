/**
 * For the worker's SQS and Lambda clients: the SDK waits for ever by default, and a kept-alive connection that died
 * while Lambda froze the process is noticed by nobody else.
 */
export const CLIENT_OPTIONS = { requestHandler: { connectionTimeout: 3_000, socketTimeout: 10_000 } };
