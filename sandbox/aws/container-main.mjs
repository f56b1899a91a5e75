// The program of a container: loads the function's handler, and calls it for each event from the parent process. Plain
// JavaScript, since Node starts it by file name without tsx.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ requestId: string, event: unknown, deadlineMs: number, functionArn: string }} Invocation
 * @typedef {(event: unknown, context: object) => unknown} Handler
 */

const { env } = process;

/** @param {string} name @param {string} message */
function runtimeError(name, message) {
  return Object.assign(new Error(message), { name });
}

/** Finds `index.handler` as Lambda does: `index.mjs`, `index.js` or `index.cjs` in the task's folder. */
async function loadHandler() {
  const [fileName = '', handlerName = ''] = (env._HANDLER ?? '').split(/\.(?=[^./]+$)/);
  for (const extension of ['.js', '.mjs', '.cjs']) {
    const file = join(env.LAMBDA_TASK_ROOT ?? '', `${fileName}${extension}`);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    const exported = await import(pathToFileURL(file).href);
    const handler = exported[handlerName] ?? exported.default?.[handlerName];
    if (typeof handler === 'function') return /** @type {Handler} */ (handler);
    throw runtimeError('Runtime.HandlerNotFound', `${env._HANDLER} is undefined or not exported`);
  }
  throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${fileName}'`);
}

/** @param {Invocation} invocation */
function contextOf({ requestId, deadlineMs, functionArn }) {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** @param {unknown} thrown */
function describeError(thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

/** @param {object} message */
function send(message) {
  return new Promise((resolve) => process.send?.(message, resolve));
}

// Exits with its parent process.
process.once('disconnect', () => process.exit(1));

try {
  const handler = await loadHandler();
  process.on('message', async (/** @type {Invocation} */ invocation) => {
    const { requestId } = invocation;
    try {
      const result = await handler(invocation.event, contextOf(invocation));
      await send({ type: 'result', requestId, result: JSON.parse(JSON.stringify(result ?? null)) });
    } catch (error) {
      await send({ type: 'error', requestId, error: describeError(error) });
    }
  });
  await send({ type: 'ready' });
} catch (error) {
  await send({ type: 'initError', error: describeError(error) });
  process.exit(1);
}
