import { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCatalogue } from '../../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../../sandbox/verify-lake.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { type Aws, SANDBOX_ONLY } from '../../support/aws-targets.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { type CliOptions, type CliRun, runCli } from '../../support/run-cli.ts';
import {
  type FrontFault,
  objectLock,
  type S3Front,
  SLOW_DOWN,
  startS3Front,
} from '../../support/s3-front.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const BUCKET = 'films-lake';
const PARTITION = { year: 2004, initial: 'TH' };
const DOWNLOAD = ['download', '--year', '2004', '--initial', 'TH', '--to', `s3://${BUCKET}`];
/** More than the SDK's own attempts. */
const FAILURES = 6;

describe.each(SANDBOX_ONLY)('tdd download, while S3 fails', ({ start }) => {
  const catalogue = createCatalogue({ initialOf }, { titles: 100, othersPerTitle: 1, years: [2004] });
  let aws: Aws;
  let tmdb: TmdbStandIn;
  let imdb: ImdbStandIn;
  let front: S3Front;
  beforeAll(async () => {
    [aws, tmdb, imdb] = await Promise.all([
      start(),
      startTmdbStandIn({ catalogue }),
      startImdbStandIn({ source: catalogue }),
    ]);
    front = await startS3Front(aws.endpoint);
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_PROFILE', undefined);
  });
  beforeEach(async () => {
    await aws.reset();
    await aws.createBucket(BUCKET);
    tmdb.clearStats();
  });
  afterEach(() => {
    front.fault = () => undefined;
    front.requests.length = 0;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([aws.stop(), tmdb.stop(), imdb.stop(), front.stop()]);
  });

  const download = async (
    flags: readonly string[] = [],
    options: Partial<CliOptions> = {},
  ): Promise<CliRun> => {
    const env = {
      ...aws.env,
      AWS_ENDPOINT_URL: front.url,
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb.url,
      IMDB_DATASETS_URL: imdb.url,
    };
    // With --quiet, nothing but waits moves this clock: progress would.
    const clock = createFakeClock();
    return runCli([...DOWNLOAD, ...flags], {
      cwd: await makeTempFolder(),
      env,
      clock,
      columns: 500,
      ...options,
    });
  };
  const lake = () => createS3Lake({ s3: aws.s3, bucket: BUCKET });
  const sentToTmdb = () =>
    tmdb
      .stats()
      .requests.map(({ path, query }) => `${path}?${query}`)
      .sort();

  /** The first requests for each URL fail. */
  function failFirst(fault: FrontFault, isAffected: (method: string) => boolean): void {
    const failures = new Map<string, number>();
    front.fault = ({ method, url }) => {
      const before = failures.get(`${method} ${url}`) ?? 0;
      if (before >= FAILURES || !isAffected(method)) return undefined;
      failures.set(`${method} ${url}`, before + 1);
      return fault;
    };
  }

  const any = () => true;
  const FAULTS: [string, FrontFault, (method: string) => boolean][] = [
    ['503 SlowDown', SLOW_DOWN, any],
    ['503 ServiceUnavailable', { status: 503, code: 'ServiceUnavailable' }, any],
    ['500 InternalError', { status: 500, code: 'InternalError' }, any],
    ['503 without a body', { status: 503 }, any],
    ['429', { status: 429, code: 'TooManyRequests' }, any],
    ['400 RequestTimeout', { status: 400, code: 'RequestTimeout' }, (method) => method !== 'HEAD'],
    ['a connection that is reset', 'reset', any],
    ['an answer that is lost', 'lost', any],
    ['an answer that breaks off', 'cut', (method) => method === 'GET'],
  ];

  let undisturbed: readonly string[] | undefined;
  async function sendUndisturbed(): Promise<readonly string[]> {
    expect((await download(['--quiet'])).exitCode).toBe(0);
    const sent = sentToTmdb();
    await aws.reset();
    await aws.createBucket(BUCKET);
    tmdb.clearStats();
    return sent;
  }

  test.each(FAULTS)('completes after %s, and asks TMDB for nothing twice', async (_, fault, isAffected) => {
    undisturbed ??= await sendUndisturbed();
    failFirst(fault, isAffected);
    const { exitCode, stderr } = await download(['--quiet']);
    expect(exitCode, stderr).toBe(0);
    expect(sentToTmdb()).toEqual(undisturbed);
    const report = await verifyLake({ lake: lake(), catalogue }, { partitions: [PARTITION] });
    expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [] });
  });

  test('reports a permanent error at once', async () => {
    front.fault = ({ method }) => (method === 'PUT' ? { status: 403, code: 'AccessDenied' } : undefined);
    const { exitCode, stderr } = await download();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('AWS denied s3:PutObject');
    expect(front.requests.filter((request) => request.startsWith('PUT')).length).toBe(1);
  });

  const ROLE = 'User: arn:aws:iam::123456789012:user/ada is not authorized to perform:';
  test.each([
    [
      'kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no identity-based policy allows the kms:GenerateDataKey action',
      'AWS denied kms:GenerateDataKey on the KMS key arn:aws:kms:us-east-1:123456789012:key/1, because no identity-based policy allows it.',
    ],
    [
      's3:PutObject on resource: "arn:aws:s3:::films-lake/k" with an explicit deny in a service control policy',
      'AWS denied s3:PutObject on the bucket "films-lake" with an explicit deny in a service control policy. No policy in the account can allow it',
    ],
    [
      's3:PutObject on resource: "arn:aws:s3:::films-lake/k" with an explicit deny in a resource-based policy',
      'with an explicit deny in a resource-based policy. Remove the denial from the policy of the bucket',
    ],
  ])('names the policy that denies a write: %s', async (message, sentence) => {
    front.fault = ({ method }) =>
      method === 'PUT' ? { status: 403, code: 'AccessDenied', message: `${ROLE} ${message}` } : undefined;
    const { exitCode, stderr } = await download();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(sentence);
  });

  test('gives up after two minutes, with the number of attempts', async () => {
    front.fault = () => SLOW_DOWN;
    const { exitCode, stderr } = await download();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/S3 is unavailable \(503, \d+ attempts\)\. Try again later\./);
    expect(stderr).toMatch(/S3 is unavailable \(503\): retrying in \d+ s …/);
  });

  test('ends a wait with Ctrl-C', async () => {
    const signals = new EventEmitter();
    let sent = 0;
    front.fault = () => {
      sent += 1;
      if (sent === 10) signals.emit('SIGINT');
      return SLOW_DOWN;
    };
    const { exitCode, stderr } = await download([], { signals });
    expect(stderr).toContain('Cancelled.');
    expect(exitCode).toBe(130);
    expect(sent).toBe(10);
  });

  test('says after Ctrl-C that the manifest could not be written', async () => {
    const signals = new EventEmitter();
    let isEnding = false;
    front.fault = ({ method, url }) => {
      if (method !== 'PUT' || !url.includes('/tmdb/manifests/')) return undefined;
      if (!isEnding) signals.emit('SIGINT');
      isEnding = true;
      return SLOW_DOWN;
    };
    const { exitCode, stderr } = await download(['--quiet'], { signals });
    expect(stderr).toMatch(
      /^tdd: Cancelled\. The lake s3:\/\/films-lake did not answer within 10 s: .* not in the manifest/m,
    );
    expect(exitCode).toBe(130);
  });

  test('writes to a bucket with Object Lock, which demands checksums', async () => {
    front.fault = objectLock;
    const { exitCode, stderr } = await download();
    expect(exitCode, stderr).toBe(0);
  });

  test('reports a server that is not S3', async () => {
    front.fault = ({ method }) => (method === 'PUT' ? { status: 200 } : undefined);
    const { exitCode, stderr } = await download();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tdd: Cannot write s3:.*is not S3/m);
    expect(stderr).not.toContain('Unexpected');
  });
});
