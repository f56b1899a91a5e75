import { parseBucketName } from '../bucket-name.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import {
  type Lookup,
  parseApiKey,
  parseAppend,
  parseBaseUrl,
  parseLambdaName,
  parseLanguage,
  parseLookup,
  parsePolicyArn,
  parseQueueName,
  parseRequestsPerSecond,
  parseRoleArn,
  parseTitleTypes,
  parseTmdbBaseUrl,
  parseWholeNumber,
  parseYesNo,
} from './parse-setting.ts';

/** The values of all settings. Those without a default may be undefined. */
export interface Settings {
  /** The data lake's bucket. */
  readonly bucketName: string | undefined;
  /** TMDB's v3 key or v4 token: a secret. */
  readonly apiKey: string | undefined;
  /** The language of movie documents, such as `en-US`. */
  readonly language: string;
  /** The language of reviews, such as `en-US`. */
  readonly reviewLanguage: string;
  readonly lookup: Lookup;
  /** The data that TMDB appends to a movie, in addition to its reviews; sorted. */
  readonly append: readonly string[];
  /** Requests per second to TMDB, for the whole fleet. */
  readonly requestsPerSecond: number;
  /** Base URL of the TMDB API, without `/3` and without a trailing slash. */
  readonly tmdbBaseUrl: string;
  /** Base URL of the IMDb datasets, without a trailing slash. */
  readonly imdbDatasetsUrl: string;
  /** The `titleType` values that count as movies; sorted. */
  readonly titleTypes: readonly string[];
  /** Whether to accept a list with less than half of the titles of the previous one. */
  readonly acceptShrunkenList: 'yes' | 'no';
  readonly lambdaName: string;
  readonly queueName: string;
  /** Concurrent Lambda workers. */
  readonly workers: number;
  /** Memory of each worker, in MB. */
  readonly memorySize: number;
  /** The ARN of the permissions boundary of the workers' role. */
  readonly roleBoundary?: string | undefined;
  /** The ARN of a role for the workers that is managed elsewhere: `tdd` uses it, but never changes it. */
  readonly roleArn?: string | undefined;
}

/** A setting's name in the code. */
export type SettingName = keyof Settings;

/** The sources, the parser and the meaning of a setting. */
export interface Setting<T> {
  /** The section and key in config.ini. */
  readonly section: 'DATALAKE' | 'TMDB' | 'IMDB' | 'AWS';
  readonly key: string;
  /** The environment variable. */
  readonly env: string;
  /** The flag without its hyphens, and the placeholder for its value in `--help`. */
  readonly flag?: { readonly name: string; readonly value: string };
  /** The default, as text; a setting without one is asked for or stays undefined. */
  readonly default?: string;
  /** Never printed. */
  readonly secret?: true;
  /** Part of the Lambda worker's environment. */
  readonly worker?: true;
  /** For `--help` and config.example.ini; without an article or a full stop. */
  readonly description: string;
  /** Converts text to the value. Throws InvalidValueError with what is allowed. */
  readonly parse: (text: string) => T;
}

/**
 * All settings. The resolver, the flags, `--help` and the worker's environment derive from this table; tests compare
 * config.example.ini and docs/settings.md with it.
 */
export const SETTINGS: { readonly [N in SettingName]: Setting<NonNullable<Settings[N]>> } = {
  bucketName: {
    section: 'DATALAKE',
    key: 'BUCKET_NAME',
    env: WORKER_VARIABLES.bucketName,
    flag: { name: 'datalake-bucket-name', value: 'BUCKET' },
    worker: true,
    description: 'S3 bucket of the data lake',
    parse: (text) => parseBucketName(text.trim()),
  },
  apiKey: {
    section: 'TMDB',
    key: 'API_KEY',
    env: WORKER_VARIABLES.apiKey,
    flag: { name: 'tmdb-api-key', value: 'KEY' },
    secret: true,
    worker: true,
    description: 'TMDB v3 API key or v4 read access token',
    parse: parseApiKey,
  },
  language: {
    section: 'TMDB',
    key: 'LANGUAGE',
    env: 'TMDB_LANGUAGE',
    flag: { name: 'language', value: 'TAG' },
    default: 'en-US',
    worker: true,
    description: 'language of movie documents',
    parse: parseLanguage,
  },
  reviewLanguage: {
    section: 'TMDB',
    key: 'REVIEW_LANGUAGE',
    env: 'TMDB_REVIEW_LANGUAGE',
    flag: { name: 'review-language', value: 'TAG' },
    default: 'en-US',
    worker: true,
    description: 'language of reviews; if it differs from LANGUAGE, each movie takes one more request',
    parse: parseLanguage,
  },
  lookup: {
    section: 'TMDB',
    key: 'LOOKUP',
    env: 'TMDB_LOOKUP',
    flag: { name: 'lookup', value: 'details|find' },
    default: 'details',
    worker: true,
    description: 'how to look up a movie: details (1 request) or find (2 requests, the documented way)',
    parse: parseLookup,
  },
  append: {
    section: 'TMDB',
    key: 'APPEND',
    env: 'TMDB_APPEND',
    flag: { name: 'append', value: 'LIST' },
    default: '',
    worker: true,
    description: 'extra data in each movie document, such as credits,keywords; only with lookup details',
    parse: parseAppend,
  },
  requestsPerSecond: {
    section: 'TMDB',
    key: 'REQUESTS_PER_SECOND',
    env: WORKER_VARIABLES.requestsPerSecond,
    flag: { name: 'requests-per-second', value: 'N' },
    default: '40',
    worker: true,
    description: 'requests per second to TMDB, for the whole fleet; TMDB allows about 40',
    parse: parseRequestsPerSecond,
  },
  tmdbBaseUrl: {
    section: 'TMDB',
    key: 'BASE_URL',
    env: 'TMDB_BASE_URL',
    default: 'https://api.themoviedb.org',
    worker: true,
    description: 'base URL of the TMDB API',
    parse: parseTmdbBaseUrl,
  },
  imdbDatasetsUrl: {
    section: 'IMDB',
    key: 'DATASETS_URL',
    env: 'IMDB_DATASETS_URL',
    default: 'https://datasets.imdbws.com',
    worker: true,
    description: 'base URL of the IMDb datasets',
    parse: parseBaseUrl,
  },
  titleTypes: {
    section: 'IMDB',
    key: 'TITLE_TYPES',
    env: 'IMDB_TITLE_TYPES',
    flag: { name: 'title-types', value: 'LIST' },
    default: 'movie',
    worker: true,
    description: 'IMDb title types to download, such as movie,tvMovie',
    parse: parseTitleTypes,
  },
  acceptShrunkenList: {
    section: 'IMDB',
    key: 'ACCEPT_SHRUNKEN_LIST',
    env: 'IMDB_ACCEPT_SHRUNKEN_LIST',
    default: 'no',
    description: 'accept a list with less than half of the titles of the previous one: yes or no',
    parse: parseYesNo,
  },
  lambdaName: {
    section: 'AWS',
    key: 'LAMBDA_NAME',
    env: 'TDD_LAMBDA_NAME',
    flag: { name: 'lambda-name', value: 'NAME' },
    default: 'tmdb-downloader-lambda',
    description: 'name of the Lambda function',
    parse: parseLambdaName,
  },
  queueName: {
    section: 'AWS',
    key: 'QUEUE_NAME',
    env: 'TDD_QUEUE_NAME',
    flag: { name: 'queue-name', value: 'NAME' },
    default: 'tmdb-downloader-queue',
    description: 'name of the SQS queue; its dead-letter queue has the suffix -dlq',
    parse: parseQueueName,
  },
  workers: {
    section: 'AWS',
    key: 'WORKERS',
    env: WORKER_VARIABLES.workers,
    flag: { name: 'workers', value: 'N' },
    default: '4',
    worker: true,
    description: 'number of concurrent Lambda workers, 2 to 1000; they share the rate limit',
    parse: parseWholeNumber('The number of workers', 2, 1000),
  },
  memorySize: {
    section: 'AWS',
    key: 'MEMORY_SIZE',
    env: 'TDD_MEMORY_SIZE',
    flag: { name: 'memory-size', value: 'MB' },
    default: '512',
    description: 'memory of each worker in MB, 128 to 10240',
    parse: parseWholeNumber('The memory size', 128, 10_240),
  },
  roleBoundary: {
    section: 'AWS',
    key: 'ROLE_BOUNDARY',
    env: 'TDD_ROLE_BOUNDARY',
    flag: { name: 'role-boundary', value: 'ARN' },
    description: "ARN of the permissions boundary of the workers' role, where an account requires one",
    parse: parsePolicyArn,
  },
  roleArn: {
    section: 'AWS',
    key: 'ROLE_ARN',
    env: 'TDD_ROLE_ARN',
    flag: { name: 'role-arn', value: 'ARN' },
    description: 'ARN of an existing role for the workers, which tdd uses but never changes',
    parse: parseRoleArn,
  },
};

/** The names of all settings, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
