import { roleAccessKeyId } from './authorize.ts';
import type { CodeStore } from './code-store.ts';
import { type Container, type Outcome, startContainer } from './container.ts';
import type { FunctionConfiguration } from './world.ts';

export interface PoolDeps {
  readonly code: CodeStore;
  /** The endpoint of AWS for containers. */
  readonly endpoint: string;
  readonly onLog: (functionName: string, line: string) => void;
  /** How long an idle container is kept. */
  readonly idleMs: number;
}

/** The containers of all functions: one per concurrent invocation, reused when idle. */
export interface ContainerPool {
  invoke(configuration: FunctionConfiguration, event: unknown): Promise<Outcome>;
  /** Stops all containers. */
  stop(): Promise<void>;
}

interface Pooled {
  readonly container: Container;
  readonly revision: string;
  isBusy: boolean;
  idleTimer?: NodeJS.Timeout;
}

export function createPool(deps: PoolDeps): ContainerPool {
  const pool = new Set<Pooled>();
  let isStopped = false;

  function take(configuration: FunctionConfiguration): Pooled {
    const revision = `${configuration.FunctionArn} ${configuration.RevisionId}`;
    const free = [...pool].find((pooled) => !pooled.isBusy && pooled.revision === revision);
    const pooled = free ?? { container: start(deps, configuration), revision, isBusy: true };
    clearTimeout(pooled.idleTimer);
    pooled.isBusy = true;
    pool.add(pooled);
    return pooled;
  }

  async function drop(pooled: Pooled): Promise<void> {
    pool.delete(pooled);
    clearTimeout(pooled.idleTimer);
    await pooled.container.stop();
  }

  return {
    async invoke(configuration, event) {
      if (isStopped) return failure('Sandbox.Stopped', 'The sandbox has stopped');
      if (!configuration.Runtime.startsWith('nodejs')) {
        const line = `The sandbox runs Node.js functions only, not ${configuration.Runtime}`;
        deps.onLog(configuration.FunctionName, JSON.stringify({ level: 'ERROR', message: line }));
        return failure('Runtime.InvalidRuntime', line);
      }
      const pooled = take(configuration);
      const outcome = await pooled.container.invoke(event);
      pooled.isBusy = false;
      // A container of an earlier revision is not reused, and stops after its idle time.
      if (pooled.container.isDead) await drop(pooled);
      else pooled.idleTimer = setTimeout(() => void drop(pooled), deps.idleMs).unref();
      return outcome;
    },
    async stop() {
      isStopped = true;
      await Promise.all([...pool].map(drop));
    },
  };
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { isOk: false, errorType, errorMessage };
}

/** Starts a container with the environment that Lambda sets, without variables of this process. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function start({ code, endpoint, onLog }: PoolDeps, configuration: FunctionConfiguration): Container {
  const { FunctionName, FunctionArn, MemorySize, Runtime, Handler, LoggingConfig } = configuration;
  const region = FunctionArn.split(':')[3] ?? '';
  const folder = code.folderOf(configuration.CodeSha256);
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return startContainer({
    folder,
    memoryMb: MemorySize,
    timeoutMs: configuration.Timeout * 1000,
    functionArn: FunctionArn,
    onLog: (line) => onLog(FunctionName, line),
    environment: {
      ...configuration.Environment?.Variables,
      AWS_ACCESS_KEY_ID: roleAccessKeyId(configuration.Role),
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_SESSION_TOKEN: 'sandbox',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: LoggingConfig.LogGroup ?? '',
      AWS_LAMBDA_LOG_STREAM_NAME: `${day}/${FunctionName}[$LATEST]sandbox`,
      AWS_LAMBDA_LOG_FORMAT: LoggingConfig.LogFormat ?? 'Text',
      // The sandbox runs functions with this machine's Node, whatever their runtime, so a warning would be misleading.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: Handler,
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
    },
  });
}
