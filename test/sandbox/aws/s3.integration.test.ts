import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import { connect, startTestAws, type TestAws } from './support.ts';

describe('the S3 of the sandbox', () => {
  let test: TestAws;
  beforeAll(async () => {
    test = await startTestAws();
  });
  afterAll(() => test.stop());

  it('stores objects as plain files, and reads files that were added by hand', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'plain' }));
    await test.s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'tmdb/a.json', Body: '{"a":1}' }));
    const folder = join(test.directory, 's3/plain');
    expect(await readFile(join(folder, 'tmdb/a.json'), 'utf8')).toBe('{"a":1}');
    await writeFile(join(folder, 'b.json'), '{}');
    const { Body, ContentType, ETag } = await test.s3.send(
      new GetObjectCommand({ Bucket: 'plain', Key: 'b.json' }),
    );
    expect(await Body?.transformToString()).toBe('{}');
    expect([ContentType, ETag]).toEqual(['application/json', '"99914b932bd37a50b983c5e7c90ae93b"']);
    await test.s3.send(
      new DeleteObjectsCommand({
        Bucket: 'plain',
        Delete: { Objects: [{ Key: 'tmdb/a.json' }, { Key: 'absent' }] },
      }),
    );
    expect(await readdir(folder)).toEqual(['b.json']);
  });

  // Not on moto: its threads check the condition and write one after the other, so that two writes can succeed.
  it('lets one of many concurrent writes succeed', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'race' }));
    const puts = Array.from({ length: 8 }, (_, at) =>
      test.s3.send(new PutObjectCommand({ Bucket: 'race', Key: 'race', Body: `${at}`, IfNoneMatch: '*' })),
    );
    const settled = await Promise.allSettled(puts);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('rejects keys that are not valid file paths', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'paths' }));
    for (const Key of ['a//b', 'a/', '../b', 'a/./b', `${'x'.repeat(256)}`]) {
      const put = test.s3.send(new PutObjectCommand({ Bucket: 'paths', Key, Body: 'x' }));
      await expect(put, Key).rejects.toMatchObject({ name: 'NotImplemented' });
    }
  });

  it('blocks public access to a new bucket', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'fresh' }));
    const { PublicAccessBlockConfiguration } = await test.s3.send(
      new GetPublicAccessBlockCommand({ Bucket: 'fresh' }),
    );
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  });

  it('accepts tags and a region on creation, and redirects clients of another region', async () => {
    const inFrankfurt = connect(test.aws.endpoint, 'eu-central-1').s3;
    await inFrankfurt.send(
      new CreateBucketCommand({
        Bucket: 'frankfurt',
        CreateBucketConfiguration: {
          LocationConstraint: 'eu-central-1',
          Tags: [{ Key: 'tdd:stack', Value: 'worker' }],
        },
      }),
    );
    expect(await inFrankfurt.send(new HeadBucketCommand({ Bucket: 'frankfurt' }))).toMatchObject({
      BucketRegion: 'eu-central-1',
    });
    expect((await inFrankfurt.send(new GetBucketTaggingCommand({ Bucket: 'frankfurt' }))).TagSet).toEqual([
      { Key: 'tdd:stack', Value: 'worker' },
    ]);
    await expect(
      inFrankfurt.send(
        new CreateBucketCommand({
          Bucket: 'frankfurt',
          CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
        }),
      ),
    ).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    await expect(test.s3.send(new HeadBucketCommand({ Bucket: 'frankfurt' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 301 },
      $response: { headers: { 'x-amz-bucket-region': 'eu-central-1' } },
    });
  });
});

describe.each(AWS_TARGETS)('the S3 of $name', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  afterAll(() => aws.stop());
  behaveLikeS3(() => aws.s3);
});

/** The behavior that both stand-ins share. */
function behaveLikeS3(client: () => S3Client): void {
  const send: S3Client['send'] = ((command: never) => client().send(command)) as never;
  const put = (Key: string, Body: string, conditions: { IfMatch?: string; IfNoneMatch?: string } = {}) =>
    send(new PutObjectCommand({ Bucket: 'lake', Key, Body, ContentType: 'application/json', ...conditions }));
  const read = async (Key: string, options: { Range?: string; IfMatch?: string } = {}) =>
    (await send(new GetObjectCommand({ Bucket: 'lake', Key, ...options }))).Body?.transformToString();

  beforeAll(async () => {
    await send(new CreateBucketCommand({ Bucket: 'lake' }));
  });

  it('creates only new objects with If-None-Match', async () => {
    const { ETag } = await put('once', 'first', { IfNoneMatch: '*' });
    expect(ETag).toBe('"8b04d5e3775d298e78455efc5ca404d5"');
    await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await read('once')).toBe('first');
  });

  it('replaces only the version that was read with If-Match', async () => {
    const { ETag = '' } = await put('swap', '1');
    const second = await put('swap', '2', { IfMatch: ETag });
    await expect(put('swap', '3', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('absent', '3', { IfMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
    expect(await read('swap', { IfMatch: second.ETag ?? '' })).toBe('2');
    await expect(read('swap', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('reads ranges, and distinguishes absent from rejected', async () => {
    await put('range', '0123456789');
    expect(await read('range', { Range: 'bytes=2-4' })).toBe('234');
    expect(await read('range', { Range: 'bytes=8-99' })).toBe('89');
    await expect(read('range', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
    await expect(read('absent')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const head = await send(new HeadObjectCommand({ Bucket: 'lake', Key: 'range' }));
    expect(head).toMatchObject({ ContentLength: 10, ContentType: 'application/json' });
    await expect(send(new HeadObjectCommand({ Bucket: 'lake', Key: 'absent' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(send(new GetObjectCommand({ Bucket: 'nobodys', Key: 'a' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  it('lists keys in byte order, page by page', async () => {
    const keys = ['l/a', 'l/a-b', 'l/a/c', 'l/é', 'l/Z', 'l/b/1', 'l/b/2', 'l/x y&z'];
    // One key is a folder of another. Only S3 itself can store both.
    const kept = keys.filter((key) => key !== 'l/a');
    for (const key of kept) await put(key, key);
    const listed: string[] = [];
    let token: string | undefined;
    do {
      const page = await send(
        new ListObjectsV2Command({ Bucket: 'lake', Prefix: 'l/', MaxKeys: 2, ContinuationToken: token }),
      );
      listed.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      token = page.NextContinuationToken;
    } while (token);
    expect(listed).toEqual(['l/Z', 'l/a-b', 'l/a/c', 'l/b/1', 'l/b/2', 'l/x y&z', 'l/é']);
  });

  it('accepts streams and multipart uploads', async () => {
    const bytes = Buffer.alloc(6 * 1024 * 1024, 'abcdefg');
    const upload = new Upload({
      client: client(),
      params: { Bucket: 'lake', Key: 'big', Body: Readable.from([bytes, bytes]), ContentType: 'text/plain' },
    });
    const { ETag } = await upload.done();
    expect(ETag).toMatch(/-3"$/);
    const { Body, ContentLength } = await send(new GetObjectCommand({ Bucket: 'lake', Key: 'big' }));
    expect(ContentLength).toBe(2 * bytes.length);
    const downloaded = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(downloaded.equals(Buffer.concat([bytes, bytes]))).toBe(true);

    const body = Readable.from([Buffer.from('one, '), Buffer.from('two')]);
    await send(new PutObjectCommand({ Bucket: 'lake', Key: 'stream', Body: body, ContentLength: 8 }));
    expect(await read('stream')).toBe('one, two');
  });

  it('stores the settings of a bucket', async () => {
    const Bucket = 'settings';
    await send(new CreateBucketCommand({ Bucket }));
    await expect(send(new GetBucketTaggingCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchTagSet',
    });
    await expect(send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchLifecycleConfiguration',
    });
    const TagSet = [{ Key: 'tdd:stack', Value: 'a & b' }];
    await send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    expect((await send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet);
    const rule = {
      ID: 'abort',
      Status: 'Enabled' as const,
      Filter: { Prefix: '' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    };
    await send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    );
    expect((await send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toMatchObject([
      { ID: 'abort', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: true,
    };
    await send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await send(new GetPublicAccessBlockCommand({ Bucket }))).toMatchObject({
      PublicAccessBlockConfiguration,
    });
    expect((await send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toContain(Bucket);
  });

  it('deletes only an empty bucket', async () => {
    const Bucket = 'short-lived';
    await send(new CreateBucketCommand({ Bucket }));
    await send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'x' }));
    await expect(send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketNotEmpty' });
    const { Versions = [] } = await send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions).toMatchObject([{ Key: 'a/b', VersionId: 'null', IsLatest: true }]);
    const Objects = Versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
    await send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    await send(new DeleteBucketCommand({ Bucket }));
    await expect(send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
  });
}
