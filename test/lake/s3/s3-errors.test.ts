import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { UsageError, UserError } from '../../../src/errors.ts';
import type { Lake } from '../../../src/lake/lake.ts';
import { checkBucket } from '../../../src/lake/s3/check-bucket.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { type StubAnswer, type StubS3, startStubS3 } from './stub-s3.ts';

const bucket = 'data-lake';
let stub: StubS3 | undefined;
afterEach(async () => {
  await stub?.stop();
  stub = undefined;
});

async function openStub(...answers: [StubAnswer, ...StubAnswer[]]): Promise<Lake & { stub: StubS3 }> {
  let requests = 0;
  stub = await startStubS3(() => {
    requests += 1;
    return answers[requests - 1] ?? answers[answers.length - 1] ?? answers[0];
  });
  return { ...createS3Lake({ s3: stub.s3, bucket }), stub };
}

async function collect(lake: Lake, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list(prefix)) keys.push(key);
  return keys;
}

const put = (status: number, code: string): StubAnswer => ({ status, code });
const written: StubAnswer = { status: 200, headers: { etag: '"1"' } };

describe('access denied (403)', () => {
  const denied: StubAnswer = { status: 403, code: 'AccessDenied' };
  const calls: [string, (lake: Lake) => Promise<unknown>, string][] = [
    ['read', (lake) => lake.read('k'), 's3:GetObject'],
    ['readRange', (lake) => lake.readRange('k', { offset: 0, length: 1, ifMatch: '"1"' }), 's3:GetObject'],
    ['readStream', (lake) => lake.readStream('k'), 's3:GetObject'],
    ['write', (lake) => lake.write('k', 'x', 'text/plain'), 's3:PutObject'],
    ['writeStream', (lake) => lake.writeStream('k', oneChunk(), 'text/plain'), 's3:PutObject'],
    ['compareAndSwap', (lake) => lake.compareAndSwap('k', 'x', 'text/plain', null), 's3:PutObject'],
    ['list', (lake) => collect(lake, 'k'), 's3:ListBucket'],
  ];
  test.each(calls)('is reported by %s with the bucket and the permission', async (_, run, permission) => {
    const lake = await openStub(denied);
    const error = await run(lake).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ cause: { name: 'AccessDenied' } });
    expect(String(error)).toContain('"data-lake"');
    expect(String(error)).toContain(permission);
  });
});

describe('an S3 error', () => {
  test.each([
    [put(404, 'NoSuchBucket'), 'the bucket "data-lake" does not exist'],
    [put(403, 'InvalidAccessKeyId'), 'AWS rejected the credentials (InvalidAccessKeyId: No). Sign in'],
    [put(400, 'ExpiredToken'), 'AWS rejected the credentials (ExpiredToken: No). Sign in'],
    [put(403, 'SignatureDoesNotMatch'), 'AWS rejected the credentials (SignatureDoesNotMatch: No)'],
    [put(403, 'RequestTimeTooSkewed'), "this machine's clock differs"],
    [put(400, 'InvalidRequest'), 'for the bucket "data-lake" (InvalidRequest): No.'],
    [
      { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } },
      'in the region "eu-west-1", not in "us-east-1". Set AWS_REGION=eu-west-1',
    ],
    [put(301, 'PermanentRedirect'), 'in another region, not in "us-east-1"'],
  ] satisfies [StubAnswer, string][])('is explained in one sentence: %j', async (answer, sentence) => {
    const lake = await openStub(answer);
    await expect(lake.read('k')).rejects.toThrow(UserError);
    await expect(lake.read('k')).rejects.toThrow(sentence);
    await expect(lake.write('k', 'x', 'text/plain')).rejects.toThrow(sentence);
  });

  test('is retried by the SDK if it is 503 SlowDown', async () => {
    const lake = await openStub(put(503, 'SlowDown'), written);
    expect(await lake.write('k', 'x', 'text/plain')).toBe('"1"');
    expect(lake.stub.requests).toHaveLength(2);
  });

  test('is reported as throttling if 503 SlowDown persists', async () => {
    const lake = await openStub(put(503, 'SlowDown'));
    await expect(lake.write('k', 'x', 'text/plain')).rejects.toThrow(
      'S3 is throttling requests (503 SlowDown, ',
    );
  });
});

describe('a compare-and-swap', () => {
  test.each([
    [412, 'PreconditionFailed'],
    [409, 'ConditionalRequestConflict'],
    [404, 'NoSuchKey'],
  ])('is lost on %i %s', async (status, code) => {
    const lake = await openStub({ status, code });
    expect(await lake.compareAndSwap('k', 'x', 'text/plain', '"1"')).toBeUndefined();
    expect(lake.stub.requests).toHaveLength(1);
  });

  test('throws when the bucket does not exist', async () => {
    const lake = await openStub(put(404, 'NoSuchBucket'));
    await expect(lake.compareAndSwap('k', 'x', 'text/plain', null)).rejects.toThrow(
      'the bucket "data-lake" does not exist',
    );
  });
});

describe('a listing', () => {
  const page = (key: string, token?: string): StubAnswer => ({
    status: 200,
    body: `<ListBucketResult><IsTruncated>${token !== undefined}</IsTruncated>${token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`}<Contents><Key>${key}</Key><Size>1</Size><ETag>"1"</ETag><LastModified>2026-11-22T10:00:00.000Z</LastModified></Contents></ListBucketResult>`,
  });

  test('continues from page to page', async () => {
    const lake = await openStub(page('p/1', 'token-1'), page('p/2', 'token-2'), page('p/3'));
    expect(await collect(lake, 'p/')).toEqual(['p/1', 'p/2', 'p/3']);
    expect(lake.stub.requests.map((request) => /continuation-token=([^&]*)/.exec(request)?.[1])).toEqual([
      undefined,
      'token-1',
      'token-2',
    ]);
  });

  test('throws when a page fails, and does not end early', async () => {
    const lake = await openStub(page('p/1', 'token-1'), put(403, 'AccessDenied'));
    await expect(collect(lake, 'p/')).rejects.toThrow('s3:ListBucket');
  });
});

describe('a broken connection', () => {
  const halfBody: StubAnswer = (response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': '100' });
    response.write('half', () => response.destroy());
  };

  test('never returns a partial object', async () => {
    const lake = await openStub(halfBody);
    await expect(lake.read('k')).rejects.toThrow('the connection to S3 was lost');
  });

  test('ends the stream with an error', async () => {
    const lake = await openStub(halfBody);
    const readAll = async () => {
      for await (const _ of (await lake.readStream('k')) ?? []);
    };
    await expect(readAll()).rejects.toThrow(UserError);
    await expect(readAll()).rejects.toThrow('the connection to S3 was lost (aborted). Try again');
  });

  test('is closed when a reader stops before the end of a stream', async () => {
    let isClosed: Promise<unknown> | undefined;
    const lake = await openStub((response) => {
      // Long before the client's timeout of a minute.
      isClosed = once(response, 'close', { signal: AbortSignal.timeout(30_000) });
      response.writeHead(200, { etag: '"1"', 'content-length': '100' }).write('half');
    });
    for await (const _ of (await lake.readStream('k')) ?? []) break;
    await isClosed;
  });

  test('is reported when nothing listens on the port', async () => {
    const lake = await openStub(written);
    await lake.stub.stop();
    await expect(lake.read('k')).rejects.toThrow('S3 cannot be reached (connect ECONNREFUSED');
  });

  test('throws the reason of an abort while S3 does not answer', async () => {
    const controller = new AbortController();
    const reason = new Error('Time is up.');
    const lake = await openStub(() => controller.abort(reason));
    await expect(lake.read('k', { signal: controller.signal })).rejects.toBe(reason);
  });

  test('ends the write of a small stream when it is aborted while S3 does not answer', async () => {
    const controller = new AbortController();
    const reason = new Error('Time is up.');
    const lake = await openStub(() => controller.abort(reason));
    const { signal } = controller;
    await expect(lake.writeStream('k', oneChunk(), 'text/plain', { signal })).rejects.toBe(reason);
    expect(lake.stub.requests).toHaveLength(1);
  });
});

describe('a multipart upload', () => {
  const created = {
    status: 200,
    body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
  };

  async function openUpload(answers: { part?: StubAnswer; abort?: StubAnswer; complete?: StubAnswer }) {
    stub = await startStubS3(({ method, url = '' }) => {
      if (method === 'POST' && url.includes('uploads')) return created;
      if (method === 'PUT') return answers.part ?? written;
      if (method === 'DELETE') return answers.abort ?? { status: 204 };
      return answers.complete ?? put(500, 'InternalError');
    });
    return { ...createS3Lake({ s3: stub.s3, bucket }), stub };
  }
  const aborts = ({ requests }: StubS3) =>
    requests.filter((request) => /^DELETE .*uploadId=u1/.test(request));
  const completes = ({ requests }: StubS3) =>
    requests.filter((request) => /^POST .*uploadId=u1/.test(request));

  test('is aborted when a part is rejected', async () => {
    const lake = await openUpload({ part: put(403, 'AccessDenied') });
    await expect(lake.writeStream('k', megabytes(12), 'text/plain')).rejects.toThrow('s3:PutObject');
    expect(aborts(lake.stub)).toHaveLength(1);
    expect(completes(lake.stub)).toHaveLength(0);
  });

  test('reports why a part was rejected, even if aborting the upload fails', async () => {
    const lake = await openUpload({
      part: put(403, 'AccessDenied'),
      abort: put(400, 'InvalidArgument'),
    });
    await expect(lake.writeStream('k', megabytes(12), 'text/plain')).rejects.toThrow('s3:PutObject');
    expect(aborts(lake.stub)).toHaveLength(1);
  });

  test("throws the source's own error, even if aborting the upload fails", async () => {
    const lake = await openUpload({ abort: put(403, 'AccessDenied') });
    const reason = new Error('The source broke.');
    await expect(lake.writeStream('k', megabytes(12, reason), 'text/plain')).rejects.toBe(reason);
    expect(aborts(lake.stub)).toHaveLength(1);
    expect(completes(lake.stub)).toHaveLength(0);
  });

  test('is aborted on S3 when the signal is aborted while S3 does not answer', async () => {
    const controller = new AbortController();
    const reason = new Error('Time is up.');
    const lake = await openUpload({ part: () => controller.abort(reason) });
    const { signal } = controller;
    await expect(lake.writeStream('k', megabytes(12), 'text/plain', { signal })).rejects.toBe(reason);
    expect(aborts(lake.stub)).toHaveLength(1);
    expect(completes(lake.stub)).toHaveLength(0);
  });

  test('is aborted when it cannot be completed', async () => {
    const lake = await openUpload({ complete: put(403, 'AccessDenied') });
    await expect(lake.writeStream('k', megabytes(12), 'text/plain')).rejects.toThrow(UserError);
    expect(aborts(lake.stub)).toHaveLength(1);
  });
});

describe('checkBucket', () => {
  const check = async (answer: StubAnswer) => {
    stub = await startStubS3(() => answer);
    return checkBucket({ s3: stub.s3, bucket });
  };

  test('returns the region of the bucket', async () => {
    const answer = { status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } };
    expect(await check(answer)).toEqual({ region: 'us-east-1' });
  });

  test.each([
    [{ status: 404 }, 'The bucket "data-lake" does not exist'],
    [{ status: 403 }, 'belongs to another AWS account, or the permission s3:ListBucket is missing'],
    [{ status: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' } }, '. Set AWS_REGION=eu-west-1'],
    [{ status: 400, headers: { 'x-amz-bucket-region': 'eu-west-1' } }, '. Set AWS_REGION=eu-west-1'],
  ])('rejects %j', async (answer, sentence) => {
    const error = await check(answer).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(sentence);
  });

  test('treats a 400 without a code as expired credentials', async () => {
    const answer = { status: 400, headers: { 'x-amz-bucket-region': 'us-east-1' } };
    await expect(check(answer)).rejects.toThrow('expired AWS credentials');
  });
});

async function* oneChunk(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}

async function* megabytes(count: number, reason?: Error): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(1024 * 1024);
  if (reason) throw reason;
}
