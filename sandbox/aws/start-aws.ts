import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../loopback-server.ts';
import { authorize, callerArn } from './authorize.ts';
import { type AwsAnswer, type AwsCall, AwsError, answerError, readCall } from './aws-call.ts';
import { openBucketFiles } from './bucket-files.ts';
import { openCodeStore } from './code-store.ts';
import { createPool } from './container-pool.ts';
import { handleIam, handleSts } from './iam.ts';
import { readState, writeState } from './kept-state.ts';
import { handleLambda } from './lambda.ts';
import { handleLogs, openFunctionLogs } from './logs.ts';
import { startPoller } from './poller.ts';
import { startQueues } from './queues.ts';
import { handleS3 } from './s3.ts';
import { createUploads } from './s3-call.ts';
import { passWorldTime } from './world.ts';

export interface AwsOptions {
  /** The folder of the state: buckets as plain files in `s3/`, logs in `logs/`. Only one run may use it at a time. */
  readonly directory: string;
  /** The region of {@link SandboxAws.environment}. Default: `us-east-1`. */
  readonly region?: string;
  /** IAM propagation of a new or changed role. Default: 2,000 ms; on AWS, about 10 s. */
  readonly roleDelayMs?: number;
  /** How long changes to functions and mappings take. Default: 300 ms. */
  readonly updateDelayMs?: number;
  /** How long the name of a deleted queue stays reserved. Default: 2,000 ms; on AWS, a minute. */
  readonly queueNameDelayMs?: number;
  /** The beginning of queue URLs, as of emulators whose host name does not resolve. Default: that of the request's URL. */
  readonly queueOrigin?: string;
  /** The time added to each call of S3 and SQS, by Lambda's poller too. Default: 0 ms. */
  readonly latencyMs?: number;
  /** How long an idle container is kept. Default: a minute. */
  readonly containerIdleMs?: number;
  /** Whether event sources deliver messages. Default: `true`. */
  readonly runsFunctions?: boolean;
  /** Called with each log line of functions and the platform: a JSON object. */
  readonly onLog?: (functionName: string, line: string) => void;
}

/** A local stand-in for the parts of AWS that `tdd` uses. */
export interface SandboxAws {
  /** `http://127.0.0.1:PORT`, for every service. */
  readonly endpoint: string;
  /** The environment variables for an SDK client. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Advances the time: messages whose visibility timeout or delay is shorter become visible immediately; IAM propagation and
   * changes of functions and mappings end earlier.
   */
  passTime(milliseconds: number): void;
  /** Deletes everything in all services and stops all functions, but keeps the endpoint. */
  reset(): Promise<void>;
  /** Stops all services and functions. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts S3, SQS, IAM, STS, Lambda and CloudWatch Logs on one free port of the loopback interface, with the state of an
 * earlier run in the same directory.
 */
export async function startAws(options: AwsOptions): Promise<SandboxAws> {
  const { directory, region = 'us-east-1', latencyMs = 0 } = options;
  mkdirSync(directory, { recursive: true });
  let route: Route | undefined;
  const server = createServer((request, response) => {
    void answer(request, response, { region, latencyMs, route }).catch(() => response.destroy());
  });
  const listening = await listenOnLoopback(server);
  const endpoint = listening.url;

  let services = openServices(options, endpoint);
  route = (call) => services.route(call);
  // Saves regularly, so that a kill loses little. The last save reports an unwritable directory.
  const saving = setInterval(() => {
    try {
      services.save();
    } catch {
      clearInterval(saving);
    }
  }, SAVE_MS).unref();

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    clearInterval(saving);
    await services.end();
    await listening.stop();
    services.save();
  }
  return {
    endpoint,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    passTime: (milliseconds) => services.passTime(milliseconds),
    reset: async () => {
      await services.end();
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      services = openServices(options, endpoint);
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** All services with their state. */
interface Services {
  readonly route: Route;
  passTime(milliseconds: number): void;
  /** Saves the state for a later run in the same directory. */
  save(): void;
  /** Stops all functions, and starts no new ones. */
  end(): Promise<void>;
}

function openServices(options: AwsOptions, endpoint: string): Services {
  const {
    directory,
    roleDelayMs = 2_000,
    updateDelayMs = 300,
    runsFunctions = true,
    latencyMs = 0,
  } = options;
  const now = () => Date.now();
  const kept = readState(directory, endpoint);
  const { world } = kept;
  const files = openBucketFiles(join(directory, 's3'), kept.labels);
  const uploads = createUploads();
  const code = openCodeStore(join(directory, 'functions'));
  const logs = openFunctionLogs(join(directory, 'logs'), world, options.onLog);
  const nameDelayMs = options.queueNameDelayMs ?? 2_000;
  const { queueOrigin } = options;
  const queues = startQueues({ now, nameDelayMs, queueOrigin, snapshot: kept.queues });
  const pool = createPool({ code, endpoint, onLog: logs.write, idleMs: options.containerIdleMs ?? 60_000 });

  function serve(call: AwsCall): AwsAnswer | Promise<AwsAnswer> {
    switch (call.service) {
      case 's3':
        return handleS3({ world, files, uploads, now }, call);
      case 'sqs':
        return queues.handle(call);
      case 'iam':
        return handleIam({ world, now }, call);
      case 'sts':
        return handleSts(call, callerArn(world, call));
      case 'lambda':
        return handleLambda({ world, now, queues, code, roleDelayMs, updateDelayMs }, call);
      case 'logs':
        return handleLogs({ world, now, removeLogs: logs.remove }, call);
    }
  }
  async function route(call: AwsCall): Promise<AwsAnswer> {
    const toCallerError = authorize(world, call);
    try {
      return await serve(call);
    } catch (error) {
      throw toCallerError(error);
    }
  }
  const stopPolling = runsFunctions ? startPoller({ world, now, queues, pool, latencyMs }) : () => {};
  return {
    route,
    passTime: (milliseconds) => {
      queues.passTime(milliseconds);
      passWorldTime(world, milliseconds);
    },
    save: () => writeState(directory, { world, queues: queues.snapshot(), labels: files.labels(), endpoint }),
    end: async () => {
      stopPolling();
      await pool.stop();
    },
  };
}

const SAVE_MS = 5_000;

type Route = (call: AwsCall) => Promise<AwsAnswer>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    region,
    latencyMs,
    route,
  }: { readonly region: string; readonly latencyMs: number; readonly route: Route | undefined },
): Promise<void> {
  let call: AwsCall | undefined;
  let result: AwsAnswer;
  try {
    call = await readCall(request, region);
    if (latencyMs > 0 && (call.service === 's3' || call.service === 'sqs')) await delay(latencyMs);
    if (!route) throw new AwsError(503, 'ServiceUnavailable', 'The sandbox is starting.');
    result = await route(call);
  } catch (error) {
    const url = new URL('http://127.0.0.1/');
    result = answerError(call ?? { service: 's3', method: request.method ?? 'GET', url }, error);
  }
  response.writeHead(result.status, { ...result.headers });
  if (result.body instanceof Readable) await pipeline(result.body, response);
  else response.end(result.body);
}
