import { SQSClient } from '@aws-sdk/client-sqs';
import { clientConfig, SHORT_TIMEOUTS } from '../aws/client-config.ts';
import type { OwnEventSource } from '../aws/event-source.ts';
import { createSqsQueue } from '../aws/queue.ts';
import { createS3Client } from '../aws/s3-client.ts';
import { systemClock } from '../clock.ts';
import { resolveSettings } from '../config/resolve-settings.ts';
import { UsageError } from '../errors.ts';
import { createS3Lake } from '../lake/s3/s3-lake.ts';
import { createSourceClaim, lakeSource } from '../lake/source.ts';
import { createNetwork } from '../network.ts';
import { createTmdbClient } from '../tmdb/client.ts';
import { createHttpGet } from '../tmdb/http.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import { createPacer } from '../tmdb/pacer.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import { createHandler, type Handler } from './handler.ts';
import { createJsonLog } from './log.ts';
import { createKeptIndex, readTitles } from './read-titles.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Creates the worker and its clients from the function's environment, once per process.
 * @param io.write receives the lines of the log.
 * @throws {UsageError} naming a missing or invalid environment variable.
 */
export function createWorker({
  env,
  write,
  userAgent,
}: {
  readonly env: Env;
  readonly write: (line: string) => void;
  readonly userAgent: string;
}): Handler {
  const settings = resolveSettings({ env });
  const { tmdbBaseUrl: baseUrl } = settings;
  const apiKey = settings.apiKey ?? missing(WORKER_VARIABLES.apiKey);
  const bucket = settings.bucketName ?? missing(WORKER_VARIABLES.bucketName);
  const clock = systemClock;
  const random = Math.random;
  const pacer = createPacer({ requestsPerSecond: settings.requestsPerSecond / settings.workers, clock });
  const lake = createS3Lake({ s3: createS3Client({ env, clock, random }), bucket });
  const sqs = new SQSClient(clientConfig(SHORT_TIMEOUTS, env));
  const queueAt = (variable: string) => createSqsQueue({ sqs }, env[variable] || missing(variable));
  const eventSourceId = env[WORKER_VARIABLES.eventSourceId];
  const source = lakeSource(settings);
  const titleDeps = {
    lake,
    source,
    clock,
    datasetsUrl: settings.imdbDatasetsUrl,
    titleTypes: settings.titleTypes,
    userAgent,
    network: createNetwork(env),
    kept: createKeptIndex(),
  };
  return createHandler({
    lake,
    clock,
    random,
    tmdb: createTmdbClient({
      http: createHttpGet({ userAgent, env }),
      pacer,
      clock,
      random,
      baseUrl,
      apiKey,
    }),
    settings: lookupSettings(settings),
    titleTypes: settings.titleTypes,
    workers: settings.workers,
    source: createSourceClaim({ lake }, source),
    readTitles: (partition, day, signal) => readTitles(titleDeps, partition, day, signal),
    queue: queueAt(WORKER_VARIABLES.queueUrl),
    deadLetters: queueAt(WORKER_VARIABLES.deadLetterQueueUrl),
    eventSource: eventSourceId ? ownEventSource(eventSourceId, env) : undefined,
    log: createJsonLog({ write, clock, secret: apiKey }),
  });
}

/** Loads the Lambda client on demand, because a worker needs it only when it has worked for some seconds. */
function ownEventSource(id: string, env: Env): OwnEventSource {
  let loading: Promise<OwnEventSource> | undefined;
  const load = () => {
    loading ??= import('../aws/event-source.ts').then(({ createOwnEventSource }) =>
      createOwnEventSource(id, env),
    );
    return loading;
  };
  return { isEnabled: async () => (await load()).isEnabled(), disable: async () => (await load()).disable() };
}

function missing(variable: string): never {
  throw new UsageError(`The environment variable ${variable} is not set: run "tdd deploy".`);
}
