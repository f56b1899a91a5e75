import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { CredentialProvider } from '../../../src/aws/client-config.ts';
import { type Lake, LakeUnavailableError } from '../../../src/lake/lake.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { LONG_WAIT_MS } from '../../../src/wait.ts';
import { type StubAnswer, type StubS3, startStubS3 } from './stub-s3.ts';

let stub: StubS3 | undefined;
afterEach(async () => {
  await stub?.stop();
  stub = undefined;
});

async function open(
  answer: (request: IncomingMessage, count: number) => StubAnswer,
  credentials?: CredentialProvider,
): Promise<Lake & { stub: StubS3 }> {
  let requests = 0;
  stub = await startStubS3((request) => {
    requests += 1;
    return answer(request, requests);
  }, credentials);
  return { ...createS3Lake({ s3: stub.s3, bucket: 'data-lake' }), stub };
}

const SLOW_DOWN: StubAnswer = { status: 503, code: 'SlowDown' };
const WRITTEN: StubAnswer = { status: 200, headers: { etag: '"1"' } };

describe('the retry budget', () => {
  test('lasts two minutes, and is exceeded by an error that a caller can retry', async () => {
    const lake = await open(() => SLOW_DOWN);
    const startedMs = lake.stub.clock.now();
    const error = await lake.write('k', 'x', 'text/plain').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LakeUnavailableError);
    expect(lake.stub.clock.now() - startedMs).toBe(120_000);
    const attempts = lake.stub.requests.length;
    expect(attempts).toBeGreaterThan(10);
    expect(String(error)).toContain(`(503 SlowDown, ${attempts} attempts)`);
  });

  test('is not shared by concurrent calls', async () => {
    const failures = new Map<string | undefined, number>();
    const lake = await open(({ url }) => {
      const before = failures.get(url) ?? 0;
      failures.set(url, before + 1);
      return before < 5 ? SLOW_DOWN : WRITTEN;
    });
    // The SDK's own budget would allow for about 100 retries.
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const etags = await Promise.all(keys.map((key) => lake.write(key, 'x', 'text/plain')));
    expect(new Set(etags)).toEqual(new Set(['"1"']));
  });

  test('reports waits that delay the command', async () => {
    const lake = await open(() => SLOW_DOWN);
    await expect(lake.read('k')).rejects.toThrow(LakeUnavailableError);
    expect(lake.stub.waits.length).toBeGreaterThan(3);
    expect(lake.stub.waits[0]).toMatchObject({
      reason: 'S3 is throttling requests (503 SlowDown)',
      next: 'retrying',
    });
  });

  test.each([
    ['retry-after', '30', 30_000],
    ['retry-after', 'Sun, 22 Nov 2026 10:00:20 GMT', 20_000],
    ['x-amz-retry-after', '7500', 7_500],
  ])('honours %s: %s', async (name, value, waitMs) => {
    const lake = await open((_, count) =>
      count === 1 ? { ...SLOW_DOWN, headers: { [name]: value } } : WRITTEN,
    );
    const startedMs = lake.stub.clock.now();
    await lake.write('k', 'x', 'text/plain');
    expect(lake.stub.clock.now() - startedMs).toBe(waitMs);
    expect(lake.stub.waits).toMatchObject([{ untilMs: startedMs + waitMs }]);
    expect(waitMs).toBeGreaterThanOrEqual(LONG_WAIT_MS);
  });

  test('is three attempts for an endpoint that has never answered', async () => {
    const lake = await open(() => WRITTEN);
    await lake.stub.stop();
    await expect(lake.read('k')).rejects.toThrow('S3 cannot be reached');
    expect(lake.stub.clock.now() - Date.parse('2026-11-22T10:00:00Z')).toBeLessThan(1_000);
  });

  test('is two minutes for an endpoint that has answered before', async () => {
    const lake = await open(() => WRITTEN);
    await lake.write('k', 'x', 'text/plain');
    await lake.stub.stop();
    await expect(lake.write('k', 'x', 'text/plain')).rejects.toThrow('S3 cannot be reached');
    expect(lake.stub.clock.now() - Date.parse('2026-11-22T10:00:00Z')).toBe(120_000);
  });

  test('covers credentials that expire while the network is down, but not the first ones', async () => {
    let failures = 0;
    const load = async () => {
      failures -= 1;
      if (failures >= 0) {
        const offline = new Error('Error: getaddrinfo ENOTFOUND portal.sso.test');
        throw Object.assign(offline, { name: 'CredentialsProviderError' });
      }
      return { accessKeyId: 'a', secretAccessKey: 's', expiration: new Date(Date.now() + 60_000) };
    };
    const lake = await open(() => WRITTEN, load);
    failures = 1;
    await expect(lake.write('k', 'x', 'text/plain')).rejects.toThrow(
      'S3 cannot be reached (Error: getaddrinfo ENOTFOUND portal.sso.test)',
    );
    await lake.write('k', 'x', 'text/plain');
    failures = 5;
    await lake.write('k', 'x', 'text/plain');
    expect(failures).toBeLessThan(0);
  });

  test.each([
    [403, 'AccessDenied'],
    [404, 'NoSuchBucket'],
    [400, 'InvalidRequest'],
    [501, 'NotImplemented'],
  ])('does not apply to %i %s', async (status, code) => {
    const lake = await open(() => ({ status, code }));
    await expect(lake.write('k', 'x', 'text/plain')).rejects.toThrow();
    expect(lake.stub.requests).toHaveLength(1);
  });
});

describe('a body that breaks off', () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

  /** Sends at most `most` bytes of the requested range, and then closes the connection. */
  function serve(request: IncomingMessage, response: ServerResponse, most: number, etag = '"1"'): void {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, content.length];
    const ifMatch = request.headers['if-match'];
    if (ifMatch !== undefined && ifMatch !== etag) {
      response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
      return;
    }
    const headers = { etag, 'content-length': end - start };
    const contentRange = { 'content-range': `bytes ${start}-${end - 1}/${content.length}` };
    response.writeHead(range ? 206 : 200, range ? { ...headers, ...contentRange } : headers);
    if (end - start <= most) response.end(content.subarray(start, end));
    else response.write(content.subarray(start, start + most), () => response.destroy());
  }
  const openBroken = (most = 9_999) => open((request) => (response) => serve(request, response, most));

  test('is continued where it broke off', async () => {
    const lake = await openBroken();
    expect((await lake.read('k'))?.body.equals(content)).toBe(true);
    const stream = await lake.readStream('k');
    expect(stream && (await buffer(stream)).equals(content)).toBe(true);
    const range = await lake.readRange('k', { offset: 500, length: 50_000, ifMatch: '"1"' });
    expect(range?.equals(content.subarray(500, 50_500))).toBe(true);
  });

  test('is given up after two minutes without a byte', async () => {
    const lake = await open((request, count) => (response) => serve(request, response, count === 1 ? 10 : 0));
    await expect(lake.read('k')).rejects.toThrow(LakeUnavailableError);
    expect(lake.stub.clock.now() - Date.parse('2026-11-22T10:00:00Z')).toBe(120_000);
  });

  test('is read again from the start when the object was replaced', async () => {
    const lake = await open((request, count) => (response) => {
      if (count === 1) serve(request, response, 10, '"1"');
      else serve(request, response, content.length, '"2"');
    });
    expect(await lake.read('k')).toMatchObject({ etag: '"2"' });
  });

  test('does not join two versions of an object', async () => {
    const lake = await open(
      (request, count) => (response) => serve(request, response, 10, count === 1 ? '"1"' : '"2"'),
    );
    const stream = await lake.readStream('k');
    await expect(stream && buffer(stream)).rejects.toThrow(
      's3://data-lake/k was replaced or deleted while it was being read.',
    );
  });

  test('fails when the store ignores ranges', async () => {
    const lake = await open((request) => (response) => {
      request.headers.range = undefined;
      serve(request, response, 10);
    });
    await expect(lake.read('k')).rejects.toThrow('the connection to S3 was lost');
  });
});

describe('a response that is lost', () => {
  test('does not make a conditional write overwrite anything: the retry finds its own object', async () => {
    let stored: string | undefined;
    const lake = await open((request, count) => {
      if (request.method === 'GET') return { status: 200, headers: { etag: '"1"' }, body: 'mine' };
      if (stored !== undefined) return { status: 412, code: 'PreconditionFailed' };
      stored = 'mine';
      return count === 1 ? (response: ServerResponse) => void response.destroy() : WRITTEN;
    });
    expect(await lake.compareAndSwap('k', 'mine', 'text/plain', null)).toBeUndefined();
    expect((await lake.read('k'))?.body.toString()).toBe('mine');
  });

  const MEGABYTE = 1024 * 1024;
  async function* twelveMegabytes() {
    for (let index = 0; index < 12; index += 1) yield Buffer.alloc(MEGABYTE);
  }
  const created = '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>';

  test.each([
    ['completes an upload that its retry no longer finds', 12 * MEGABYTE, '"e-3"', true],
    ['does not take an object of another size for the upload', 5, '"e-3"', false],
    ['does not take an object with other parts for the upload', 12 * MEGABYTE, '"e-2"', false],
  ])('%s', async (_, size, etag, isComplete) => {
    let completed = 0;
    const lake = await open(({ method, url = '' }) => {
      if (method === 'POST' && url.includes('uploads')) return { status: 200, body: created };
      if (method === 'PUT') return WRITTEN;
      if (method === 'DELETE') return { status: 404, code: 'NoSuchUpload' };
      if (method === 'HEAD') return { status: 200, headers: { etag, 'content-length': String(size) } };
      completed += 1;
      if (completed === 1) return (response: ServerResponse) => void response.destroy();
      return { status: 404, code: 'NoSuchUpload' };
    });
    const written = lake.writeStream('k', twelveMegabytes(), 'text/plain');
    if (isComplete) expect(await written).toBe(etag);
    else await expect(written).rejects.toThrow('NoSuchUpload');
  });

  test('of a part or the completion is requested again, also if S3 reports the error with status 200', async () => {
    const seen = new Map<string, number>();
    const lake = await open(({ method, url = '' }) => {
      const count = (seen.get(`${method} ${url}`) ?? 0) + 1;
      seen.set(`${method} ${url}`, count);
      if (method === 'PUT' && count < 5) return (response: ServerResponse) => void response.destroy();
      if (method === 'POST' && !url.includes('uploads') && count < 5) {
        return {
          status: 200,
          body: '<Error><Code>InternalError</Code><Message>We failed.</Message></Error>',
        };
      }
      if (method === 'PUT') return WRITTEN;
      const done = '<CompleteMultipartUploadResult><ETag>"e-3"</ETag></CompleteMultipartUploadResult>';
      return { status: 200, body: url.includes('uploads') ? created : done };
    });
    expect(await lake.writeStream('k', twelveMegabytes(), 'text/plain')).toBe('"e-3"');
  });
});
