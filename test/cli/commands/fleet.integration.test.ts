import { EventEmitter } from 'node:events';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCatalogue } from '../../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Manifest } from '../../../src/download/manifest.ts';
import { hashIds } from '../../../src/imdb/id-hash.ts';
import { readPartition, readPartitionIndex } from '../../../src/imdb/partition-index.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { indexMapKey } from '../../../src/lake/keys.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { manifestOf, putManifest } from '../../app/synthetic-lake.ts';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type CliOptions, type CliRun, runCli } from '../../support/run-cli.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const QUEUE = 'films-queue';
const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'films',
  TDD_QUEUE_NAME: QUEUE,
  TMDB_API_KEY: KEY,
};

describe.each(AWS_TARGETS)('tdd launch, status, redrive, pause and resume, on $name', ({ name, start }) => {
  const makeFolder = tempFolders();
  let aws: Aws;
  let sqs: SQSClient;
  let imdb: Awaited<ReturnType<typeof startImdbStandIn>>;
  beforeAll(async () => {
    aws = await start();
    sqs = new SQSClient(aws.clientConfig);
    imdb = await startImdbStandIn({ source: createCatalogue({ initialOf }, { titles: 300 }) });
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_PROFILE', undefined);
  });
  // A paused fleet, because moto would run a worker for each message.
  beforeEach(async () => {
    await aws.reset();
    expect((await run(['deploy', '--yes'])).exitCode).toBe(0);
    expect((await run(['pause'])).stdout).toContain('The fleet is paused.');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([aws.stop(), imdb.stop()]);
  });

  const run = (argv: readonly string[], options: Partial<CliOptions> = {}): Promise<CliRun> => {
    const cwd = makeFolder();
    const env = { ...aws.env, ...SETTINGS, IMDB_DATASETS_URL: imdb.url, XDG_CACHE_HOME: cwd };
    return runCli(argv, { cwd, env, columns: 200, ...options });
  };
  const runWith = (variables: Readonly<Record<string, string>>, argv: readonly string[]) =>
    run(argv, {
      env: {
        ...aws.env,
        ...SETTINGS,
        IMDB_DATASETS_URL: imdb.url,
        XDG_CACHE_HOME: makeFolder(),
        ...variables,
      },
    });
  const lake = () => createS3Lake({ s3: aws.s3, bucket: 'films-lake' });
  const json = async (argv: readonly string[]) => JSON.parse((await run([...argv, '--json'])).stdout);
  const readJson = async (key: string) => JSON.parse((await lake().read(key))?.body.toString() ?? '');
  const waiting = async () => (await json(['status'])).queue.waiting;

  test('sends after a yes, and explains how to follow the fleet', async () => {
    const { stdout, stderr, exitCode } = await run(['launch', '--limit', '3'], {
      person: async ({ sees, types }) => {
        await sees('Send 3 partitions');
        types('y\r');
      },
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Partitions by number of movies');
    expect(stdout).toMatch(
      /✔ Sent 3 partitions to the queue films-queue as run \S+\.\n\nNext: tdd status --watch/,
    );
    expect(await waiting()).toBe(3);
    expect(stdout + stderr).not.toContain(KEY);
  });

  test('lists dead letters, and puts selected ones or all of them back', async () => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${QUEUE}-dlq` }));
    for (const initial of ['AD', 'TH', 'ZZ']) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify({ year: 2004, initial }),
          MessageAttributes: { reason: { DataType: 'String', StringValue: `no luck with ${initial}` } },
        }),
      );
    }
    const list = await run(['redrive', '--dry-run']);
    expect(list.stdout).toMatch(/PARTITION\s+AGE\s+REASON\n/);
    expect(list.stdout).toMatch(/2004\/TH\s+\d s {2}no luck with TH\n/);
    const one = await run(['redrive', '--partition', '2004/TH', '--yes']);
    expect(one.stdout).toContain('Returned 1 message to the queue films-queue.');
    expect(await waiting()).toBe(1);
    const rest = await json(['redrive', '--yes']);
    expect(rest).toMatchObject({ chosen: 2, report: { moved: 2, left: 0 } });
    expect(await waiting()).toBe(3);
    expect((await run(['redrive', '--yes'])).stdout).toContain(
      'The dead-letter queue is empty: there is nothing to return.',
    );
  });

  test('pauses and resumes, and reports when waiting messages expire', async () => {
    await run(['launch', '--limit', '3', '--yes']);
    const paused = await run(['pause']);
    expect(paused.stdout).toMatch(
      /The fleet was already paused\.\nWaiting: 3 messages; SQS starts deleting those of the latest launch on \d{4}-\d\d-\d\d\./,
    );
    const resumed = await json(['resume']);
    expect(resumed).toMatchObject({ unchanged: false, eventSource: { state: 'Enabled' } });
    expect((await run(['resume'])).stdout).toContain('was already running');
  });

  test('counts each message once when it pauses, and reports how long the queue keeps them', async () => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE }));
    const Attributes = { MessageRetentionPeriod: '345600' };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    for (const initial of ['AD', 'TH', 'ZZ']) {
      const MessageBody = JSON.stringify({ year: 2004, initial });
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 }));
    const { stdout } = await run(['pause']);
    expect(stdout).toMatch(/In flight: 1 message\. Workers finish within 5 minutes;/);
    expect(stdout).toMatch(
      /Waiting: 2 messages; SQS deletes each one 4 days after it was sent, the last by \d/,
    );
  });

  // These depend on AWS only through what the tests above show.
  if (name === 'sandbox')
    describe('in detail', () => {
      test('marks an interrupted launch as finished when everything was sent, and sends nothing', async () => {
        const { report } = await json(['launch', '--limit', '3', '--yes']);
        const key = `tmdb/fleets/${report.run}.json`;
        const { finishedAt, ...fleet } = await readJson(key);
        expect(finishedAt).toBeDefined();
        await lake().write(key, JSON.stringify(fleet), 'application/json');

        const { stdout, exitCode } = await run(['launch', '--limit', '3', '--yes']);
        expect(stdout).toContain(
          `Sent 3 partitions (3 of them before the interruption) to the queue films-queue as run ${report.run}.`,
        );
        expect(exitCode).toBe(0);
        expect(await waiting()).toBe(3);
        expect(await readJson(key)).toHaveProperty('finishedAt');
      });

      test('discards the dead letters that it has shown, and only those', async () => {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${QUEUE}-dlq` }));
        const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
        for (const initial of ['AD', 'TH', 'ZZ']) await send(JSON.stringify({ year: 2004, initial }));
        await send('not one of ours');
        const none = await run(['redrive', '--partition', '2005/AD', '--discard', '--yes']);
        expect(none).toMatchObject({ exitCode: 1, stdout: '' });
        expect(none.stderr).toMatch(
          /tdd: The dead-letter queue has no message of 2005\/AD; it has messages of 2004\/\w\w, .*: check --partition\.\n$/,
        );
        const one = await run(['redrive', '--partition', '2004/TH', '--discard', '--yes', '--quiet']);
        expect(one).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/2004\/TH/) });
        expect(one.stdout).toMatch(
          /^✔ Deleted 1 message from the dead-letter queue\.\nNext: tdd launch --only-missing/,
        );
        const kept = await run(['redrive', '--discard'], {
          person: async ({ sees, types }) => {
            await sees('not one of ours');
            await sees(`Delete 3 messages from the dead-letter queue ${QUEUE}-dlq?`);
            await send(JSON.stringify({ year: 2004, initial: 'NEW' }));
            types('n\r');
          },
        });
        expect(kept).toMatchObject({
          exitCode: 130,
          stderr: expect.stringMatching(/nothing was deleted\.\n$/),
        });
        const rest = await run(['redrive', '--discard'], {
          person: async ({ sees, types }) => {
            await sees('Delete 4 messages');
            await send(JSON.stringify({ year: 2006, initial: 'AD' }));
            types('y\r');
          },
        });
        expect(rest).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Deleted 4 messages') });
        expect(await json(['redrive', '--discard', '--dry-run'])).toMatchObject({
          chosen: 1,
          letters: [{ partition: { year: 2006 } }],
        });
        expect(await json(['redrive', '--discard', '--yes'])).toMatchObject({
          report: { moved: 0, discarded: 1 },
        });
        expect(await waiting()).toBe(0);
      });

      test('does not report an empty dead-letter queue while another command hides its messages', async () => {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${QUEUE}-dlq` }));
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"year":2004,"initial":"AD"}' }));
        await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 }));
        for (const flag of ['--yes', '--dry-run']) {
          const { stdout, exitCode } = await run(['redrive', flag]);
          expect(stdout).toMatch(
            /^✖ Another command is reading 1 message, or was interrupted while reading: run "tdd redrive" again in a minute\.\n$/,
          );
          expect(exitCode).toBe(1);
        }
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"year":2004,"initial":"TH"}' }));
        const { stdout, exitCode } = await run(['redrive', '--dry-run']);
        expect(stdout).toMatch(/2004\/TH.*\nAnother command is reading 1 more message,/);
        expect(exitCode).toBe(0);
      });

      test('returns the listed messages, but not those that fail again immediately', async () => {
        const urlOf = async (QueueName: string) =>
          (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
        const [url, deadUrl] = [await urlOf(QUEUE), await urlOf(`${QUEUE}-dlq`)];
        const MessageBody = JSON.stringify({ year: 2004, initial: 'AD' });
        await sqs.send(new SendMessageCommand({ QueueUrl: deadUrl, MessageBody }));
        // A worker that moves every message to the dead-letter queue immediately.
        const ended = new AbortController();
        const worker = (async () => {
          while (!ended.signal.aborted) {
            const { Messages = [] } = await sqs.send(
              new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 0 }),
            );
            for (const { ReceiptHandle } of Messages) {
              await sqs.send(new SendMessageCommand({ QueueUrl: deadUrl, MessageBody }));
              await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
            }
          }
        })();
        const { report } = await json(['redrive', '--partition', '2004/AD', '--yes']);
        ended.abort();
        await worker;
        expect(report).toMatchObject({ moved: 1, left: 0 });
      });

      test('shows the full plan in a dry run, and sends nothing', async () => {
        const { stdout, exitCode } = await run(['launch', '--dry-run']);
        expect(exitCode).toBe(0);
        expect(stdout).toMatch(/partitions\s+\d+ {2}IMDb's list of \d{4}-\d\d-\d\d, years 2000–\d{4}\n/);
        expect(stdout).toMatch(
          /TMDB requests\s+\d+ {2}1\.20 per movie, assuming that TMDB lacks one movie in five\n/,
        );
        expect(stdout).toMatch(
          /cost\s+(?:\$0\.0\d {2}S3 .*; |< \$0\.01 {2})assuming 0\.10 reviews per movie; list prices for us-east-1 as of \w+ \d{4}\n/,
        );
        expect(stdout).toMatch(/Partitions by number of movies\n +1 {2}█+ \d+\n/);
        expect(stdout).toMatch(
          /Skipped: \d+ movies without a year, and therefore without a partition \(tt\d+ "/,
        );
        expect(stdout).toMatch(
          /Skipped: \d+ invalid rows? in IMDb's list \((?:the first is )?line \d+, which \w+ .*\)\.\n/,
        );
        expect(stdout).toContain("TMDB's terms: show its notice and logo");
        expect(stdout).toContain('The event source is disabled: messages wait until you run "tdd resume".');
        expect(await waiting()).toBe(0);
        const day = new Date().toISOString().slice(0, 10);
        expect(await lake().read(indexMapKey(day, ['movie']))).toBeDefined(); // As its help says.
      });

      test('notes that the workers were deployed with other settings', async () => {
        expect((await json(['launch', '--dry-run'])).notes).not.toContainEqual(
          expect.stringContaining('deployed'),
        );
        const { notes } = await json([
          'launch',
          '--dry-run',
          '--language',
          'de-DE',
          '--title-types',
          'movie,short',
        ]);
        expect(notes).toContainEqual(
          expect.stringContaining(
            '(TMDB_LANGUAGE is en-US on the workers and de-DE here; IMDB_TITLE_TYPES is movie on the workers and movie,short here)',
          ),
        );
      });

      test('ends with exit code 2 when the workers write to another bucket, and writes nothing into this one', async () => {
        await aws.createBucket('other-lake');
        const { stderr, exitCode } = await run(['launch', '--yes', '--datalake-bucket-name', 'other-lake']);
        expect(stderr).toContain(
          'The workers of "films" write to the bucket "films-lake", not to "other-lake"',
        );
        expect(exitCode).toBe(2);
        const other = createS3Lake({ s3: aws.s3, bucket: 'other-lake' });
        for await (const { key } of other.list('')) throw new Error(`${key} was written.`);
      });

      test('says in simulate --wait that the fleet is paused, and refuses a lake that the workers do not write to', async () => {
        const simulate = ['simulate', '--year', '2004', '--initial', 'AD', '--wait'];
        const signals = new EventEmitter();
        const following = run(simulate, { signals });
        while ((await waiting()) === 0);
        signals.emit('SIGINT');
        expect((await following).stderr).toContain(
          'warning: The fleet is paused: the message waits until you run "tdd resume".',
        );
        await aws.createBucket('other-lake');
        const other = await run([...simulate, '--datalake-bucket-name', 'other-lake']);
        expect(other.stderr).toContain('write to the bucket "films-lake", not to "other-lake"');
        expect(other.exitCode).toBe(2);
        expect(await waiting()).toBe(1);
      });

      test('refuses a lake with data from another source than that of the workers, and sends nothing', async () => {
        const source = { tmdb: 'https://staging.test', imdb: imdb.url };
        await lake().write('tmdb/source.json', JSON.stringify(source), 'application/json');
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${QUEUE}-dlq` }));
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"year":2004,"initial":"AD"}' }));
        const difference =
          'TMDB_BASE_URL is https://staging.test in the lake and https://api.themoviedb.org on the workers';
        const ofWorkers = `The workers of "films" have another source than the lake s3://films-lake (${difference}): use another lake, or set the lake's addresses and run "tdd deploy".`;
        for (const command of ['launch --yes', 'simulate --year 2004 --initial AD --wait', 'redrive --yes']) {
          const { stderr, exitCode } = await run(command.split(' '));
          expect([command, exitCode]).toEqual([command, 2]);
          expect(stderr).toContain(ofWorkers);
        }
        // Only reads.
        expect((await run(['redrive', '--dry-run'])).exitCode).toBe(0);
        const { stdout } = await run(['status']);
        expect(stdout).toContain(`source        https://staging.test and ${imdb.url}\n`);
        expect(stdout).toContain(`the workers have another source than the lake (${difference})`);
        expect(stdout).toContain('  tdd deploy && tdd resume');
        expect(await waiting()).toBe(0);
        const keys: string[] = [];
        for await (const { key } of lake().list('')) keys.push(key);
        expect(keys).toEqual(['tmdb/source.json']);
      });

      test('records the source of a new lake with the list and the launch', async () => {
        expect((await run(['launch', '--dry-run', '--limit', '1'])).exitCode).toBe(0);
        const source = { tmdb: 'https://api.themoviedb.org', imdb: imdb.url };
        expect(await readJson('tmdb/source.json')).toEqual({ imdb: imdb.url });
        const { run: id } = (await json(['launch', '--limit', '1', '--yes'])).report;
        expect(await readJson(`tmdb/fleets/${id}.json`)).toMatchObject({ source });
        await lake().write('tmdb/source.json', JSON.stringify(source), 'application/json');
        const { stderr, exitCode } = await runWith({ TMDB_BASE_URL: 'https://staging.test' }, [
          'launch',
          '--yes',
        ]);
        expect(stderr).toContain(
          'contains data from another source (TMDB_BASE_URL is https://api.themoviedb.org',
        );
        expect(exitCode).toBe(2);
      });

      test.each([
        ['a no', 'n\r'],
        ['Ctrl-C', '\x03'],
      ])('asks for consent, and sends nothing after %s', async (_what, keys) => {
        const { stderr, exitCode } = await run(['launch', '--limit', '3'], {
          person: async ({ sees, types }) => {
            await sees('Send 3 partitions to the queue films-queue?');
            types(keys);
          },
        });
        expect(stderr).toContain('tdd: Cancelled: nothing was sent.');
        expect(exitCode).toBe(130);
        expect(await waiting()).toBe(0);
      });

      test('needs a flag instead of an answer without a terminal', async () => {
        for (const command of ['launch', 'redrive']) {
          const { stderr, exitCode } = await run([command]);
          expect(stderr).toContain('Cannot ask for confirmation without a terminal: use --yes');
          expect(exitCode).toBe(2);
        }
      });

      test('sends nothing when nothing is missing, and says which of the possible reasons it is', async () => {
        const [first] = (await json(['launch', '--dry-run'])).partitions;
        const range = ['--min-year', first.year, '--max-year', first.year, '--initial', first.initial];
        const launch = (...flags: string[]) => run(['launch', ...range.map(String), '--yes', ...flags]);
        expect((await launch('--failed')).stdout).toBe(
          `No partition has failed titles or missing reviews: checked 1 partition for ${first.year} with the initial ${first.initial}. Nothing was sent.\n`,
        );
        await putManifest(lake(), manifestOf(first, { found: first.titles }));
        const { stdout: missing, exitCode } = await launch('--only-missing');
        expect(missing).toMatch(
          /^Nothing is missing: 1 partition .* has a complete manifest and parts\. .*--older-than\./,
        );
        expect(exitCode).toBe(0);
        // The list may have replaced a title, which its number does not show.
        const { stderr } = await launch('--limit', '1');
        expect(stderr).toContain('Workers check for new titles');
        expect(await waiting()).toBe(1);
        const { stdout } = await run(['launch', '--min-year', '1870', '--max-year', '1871', '--yes']);
        expect(stdout).toMatch(/^IMDb's list of .* has no partition for 1870–1871\. Nothing was sent\.\n$/);
        expect(await waiting()).toBe(1);
      });

      test('sends only missing partitions, and notes that a lake without manifests is downloaded again', async () => {
        await lake().write('tmdb/movies/year-2004/initial-AD/tmdb-movie-1.json', '{}', 'application/json');
        const all = await json(['launch', '--only-missing', '--dry-run']);
        expect(all.notes.join()).toContain('this first launch downloads everything again');
        expect((await json(['launch', '--dry-run'])).notes).toEqual(all.notes);
        const [first] = all.partitions;
        await putManifest(lake(), manifestOf(first, { found: first.titles }));
        const missing = await json(['launch', '--only-missing', '--dry-run']);
        expect(missing.partitions).toHaveLength(all.partitions.length - 1);
        expect(missing.notes.join()).not.toContain('downloads everything again');
      });

      test('sends a complete partition with a title that is new in a list of the same size', async () => {
        await run(['launch', '--dry-run']);
        const day = new Date().toISOString().slice(0, 10);
        const index = await readPartitionIndex({ lake: lake() }, { day, titleTypes: ['movie'] });
        if (index === undefined) throw new Error('There is no index.');
        const partition = { year: 2020, initial: 'TH' };
        const ids = (await readPartition({ lake: lake() }, index, partition)).map(({ imdbId }) => imdbId);
        const sentWith = async (idHash: Pick<Manifest, 'idHash'>) => {
          await putManifest(lake(), {
            ...manifestOf(partition, { found: ids.length, snapshot: day }),
            ...idHash,
          });
          const filters = ['--min-year', '2020', '--max-year', '2020', '--initial', 'TH'];
          const { partitions } = await json(['launch', '--only-missing', '--dry-run', ...filters]);
          return partitions.map(({ left }: { left: number }) => left);
        };
        expect(await sentWith({ idHash: hashIds([...ids].reverse()) })).toEqual([]);
        expect(await sentWith({ idHash: hashIds(['tt0000001', ...ids.slice(1)]) })).toEqual([1]);
        // An earlier version did not record the hash: the number of titles decides.
        expect(await sentWith({})).toEqual([]);
      });

      test('reports the status as text, with totals, and as JSON', async () => {
        const { report, partitions } = await json(['launch', '--limit', '3', '--yes']);
        await putManifest(lake(), manifestOf(partitions[0], { found: partitions[0].titles, reviews: 7 }));
        const { stdout } = await run(['status', '--totals']);
        expect(stdout).toContain(`run ${report.run}`);
        expect(stdout).toMatch(/queue\s+3 waiting, 0 in flight\n/);
        expect(stdout).toMatch(/event source\s+Disabled, at most 4 workers\n/);
        expect(stdout).toMatch(/partitions\s+1 of 3 complete \(33 %\), 2 not started\n/);
        expect(stdout).toMatch(/reviews\s+7\n/);
        expect(stdout).toMatch(
          /! The event source is disabled, so workers receive no messages\.\n {2}tdd resume/,
        );
        const status = await json(['status']);
        expect(status).toMatchObject({
          phase: 'paused',
          fleet: { partitions: { complete: 1, notBegun: 2 } },
        });
        expect(status).not.toHaveProperty('totals');
      });

      test('stops watching when the fleet is paused, and reports it', async () => {
        await run(['launch', '--limit', '3', '--yes']);
        const { stdout, stderr, exitCode } = await run(['status', '--watch']);
        expect(stdout.match(/^fleet .*paused/gm)).toHaveLength(1);
        expect(stderr).toContain('The fleet is paused: stopped watching.');
        expect(exitCode).toBe(0);
      });

      test('stops watching after Ctrl-C, and says that the fleet continues', async () => {
        await run(['launch', '--limit', '3', '--yes']);
        await run(['resume'], { clock: createFastClock(60) });
        const signals = new EventEmitter();
        const clock = {
          ...systemClock,
          sleep: async () => {
            signals.emit('SIGINT');
          },
        };
        const stopped = {
          stderr: "Reading the fleet's state …\ntdd: Stopped watching; the fleet continues.\n",
          exitCode: 130,
        };
        expect(await run(['status', '--watch'], { signals, clock })).toMatchObject(stopped);
        const reading = run(['status', '--watch'], { signals });
        signals.emit('SIGINT'); // Before it has connected to AWS.
        expect(await reading).toMatchObject(stopped);
      });

      test('watches a fleet until it ends, and writes no colors to a file', async () => {
        const clock = createFastClock(60);
        await run(['launch', '--limit', '3', '--yes'], { clock });
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: QUEUE }));
        await sqs.send(new PurgeQueueCommand({ QueueUrl }));
        await run(['resume']);
        // A terminal, except for stdout.
        const { stdout, exitCode } = await run(['status', '--watch'], {
          person: async () => {},
          clock,
        });
        expect(exitCode).toBe(0);
        expect(stdout.match(/^fleet .*ended, not complete/gm)?.length).toBeGreaterThan(1);
        expect(stdout).toMatch(/no messages are left for them\.\n {2}tdd launch --only-missing --limit 3\n$/);
        expect(stdout).not.toContain('\x1b');
      });
    });
});
