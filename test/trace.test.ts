import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClients } from '../src/aws/clients.ts';
import { createS3Client } from '../src/aws/s3-client.ts';
import { downloadSnapshot } from '../src/imdb/download-snapshot.ts';
import { createTmdbClient } from '../src/tmdb/client.ts';
import { createHttpGet } from '../src/tmdb/http.ts';
import { createPacer } from '../src/tmdb/pacer.ts';
import type { Trace } from '../src/trace.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { answerJson, type LoopbackServer, startLoopbackServer } from './support/loopback-server.ts';

const V3_KEY = '0123456789abcdef0123456789abcdef';
const V4_TOKEN = `eyJhbGciOiJIUzI1NiJ9.${'c2VjcmV0'.repeat(8)}.signature`;
const ACCESS_KEY = { accessKeyId: 'AKIAEXAMPLEEXAMPLE', secretAccessKey: 'wJalrXUtnFEMIexampleKEY' };

/** A trace that stores its lines. No CLI redacts them here. */
function collect(): Trace & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    request: (request) => (outcome) => void lines.push(`${request} → ${outcome}`),
    decision: (text) => void lines.push(text),
  };
}

let server: LoopbackServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
});

describe('the trace', () => {
  it.each([
    ['a v3 key', V3_KEY],
    ['a v4 token', V4_TOKEN],
  ])('has the requests to TMDB, retries and pauses, without %s', async (_, apiKey) => {
    const statuses = [429, 503, 200];
    server = await startLoopbackServer((request, response) =>
      answerJson(response, statuses.shift() ?? 200, { url: request.url, headers: request.headers }),
    );
    const trace = collect();
    const clock = createFakeClock();
    const http = createHttpGet({ userAgent: 'tdd-test/1', trace });
    const pacer = createPacer({ requestsPerSecond: 1_000, clock });
    const client = createTmdbClient({
      http,
      pacer,
      clock,
      random: () => 0.5,
      baseUrl: server.url,
      apiKey,
      trace,
    });
    await client.get('/3/movie/tt0133093', { language: 'en-US' }, () => true);
    expect(trace.lines).toEqual([
      'TMDB GET /3/movie/tt0133093?language=en-US → 429',
      'TMDB is throttling requests: pausing',
      'TMDB GET /3/movie/tt0133093?language=en-US → 503',
      expect.stringMatching(/^TMDB \/3\/movie\/tt0133093: 503; attempt 2 of \d+ in \d+ ms$/),
      'TMDB GET /3/movie/tt0133093?language=en-US → 200',
    ]);
    expect(trace.lines.join('\n')).not.toContain(apiKey);
    await server.stop();
    await http(new URL(`${server.url}/3/x?api_key=${V3_KEY}`), { headers: {} }).catch(() => undefined);
    expect(trace.lines.at(-1)).toMatch(/^TMDB GET \/3\/x → ECONN[A-Z]+$/);
  });

  it("contains the requests for IMDb's list, without the password", async () => {
    server = await startLoopbackServer((_, response) => response.writeHead(404).end());
    const trace = collect();
    const datasetsUrl = server.url.replace('//', '//ada:secret-password@');
    await downloadSnapshot({ datasetsUrl, userAgent: 'tdd-test/1', trace }).catch(() => undefined);
    expect(trace.lines).toEqual(['IMDb GET /title.basics.tsv.gz → 404']);
  });

  it('contains the AWS calls with key or queue, status and attempts, without secrets', async () => {
    server = await startLoopbackServer((request, response) => {
      if (request.headers['x-amz-target'] === 'AmazonSQS.SendMessage') {
        return answerJson(response, 503, { __type: 'ServiceUnavailable', message: 'later' });
      }
      if (request.method === 'PUT') return answerJson(response, 200, {});
      response
        .writeHead(403, { 'x-amz-request-id': 'R1' })
        .end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
    });
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', ACCESS_KEY.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', ACCESS_KEY.secretAccessKey);
    vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
    const trace = collect();
    const s3 = createS3Client({
      env: { AWS_ENDPOINT_URL: server.url },
      clock: createFakeClock(),
      random: Math.random,
      trace,
    });
    const { sqs, lambda } = createClients({ env: {}, loadS3: async () => s3, trace });
    const QueueUrl = `${server.url}/000000000000/films-queue`;
    await s3.send(new GetObjectCommand({ Bucket: 'films', Key: 'tmdb/x.json' })).catch(() => undefined);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: V3_KEY })).catch(() => undefined);
    const Environment = { Variables: { TMDB_API_KEY: V3_KEY } };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'films', Environment }));
    expect(trace.lines).toEqual([
      'AWS S3 GetObject tmdb/x.json → 403 AccessDenied, request ID R1',
      'AWS SQS SendMessage films-queue → 503 ServiceUnavailable after 2 attempts',
      'AWS Lambda UpdateFunctionConfiguration films → 200',
    ]);
    for (const secret of [V3_KEY, ...Object.values(ACCESS_KEY)]) {
      expect(trace.lines.join('\n')).not.toContain(secret);
    }
  });
});
