import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  type _Object,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { classifyAwsError, explainAwsError, httpStatusOf } from '../../aws/errors.ts';
import { ObjectChangedError } from '../../aws/resume-body.ts';
import { UserError } from '../../errors.ts';
import { destroyOnAbort, watchSource } from '../abortable-source.ts';
import { type ETag, type Lake, type LakeEntry, type LakeOptions, LakeUnavailableError } from '../lake.ts';
import { etagOf, NotS3Error } from './not-s3-error.ts';
import { uploadStream } from './upload-stream.ts';

/** Reading also needs s3:ListBucket: without it, S3 answers 403 instead of 404 for a missing key. */
const READING = ['s3:GetObject', 's3:ListBucket'];

/**
 * Creates a lake in an S3 bucket. All methods throw {@link LakeUnavailableError} while S3 is unavailable or cannot be
 * reached; the errors of {@link explainAwsError}, for example when access is denied or the bucket does not exist; and the
 * reason of an aborted signal.
 */
export function createS3Lake({ s3, bucket }: { readonly s3: S3Client; readonly bucket: string }): Lake {
  const url = `s3://${bucket}`;

  /** Runs a call to S3 and explains its errors. */
  async function call<Answer>(
    { key, doing, actions }: { key: string; doing: 'read' | 'write' | 'list'; actions: readonly string[] },
    signal: AbortSignal | undefined,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NotS3Error) {
        throw new UserError(`Cannot ${doing} ${url}/${key}: ${error.message}`, { cause: error });
      }
      const region = await s3.config.region().catch(() => undefined);
      const context = { doing: `${doing} ${url}/${key}`, actions, bucket, region };
      const explained = explainAwsError(error, context);
      if (!(explained instanceof Error) || !classifyAwsError(error, context)?.isTransient) throw explained;
      throw new LakeUnavailableError(explained.message, { cause: error });
    }
  }

  /** Calls GetObject. @returns `undefined` if the object does not exist or `IfMatch` does not match its version. */
  async function get(
    key: string,
    input: Omit<GetObjectCommandInput, 'Bucket' | 'Key'>,
    signal: AbortSignal | undefined,
  ): Promise<(GetObjectCommandOutput & { Body: NonNullable<GetObjectCommandOutput['Body']> }) | undefined> {
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...input });
      const answer = await s3.send(command, signal ? { abortSignal: signal } : {});
      if (answer.Body === undefined) throw new NotS3Error('body');
      return { ...answer, Body: answer.Body };
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      if (input.IfMatch !== undefined && httpStatusOf(error) === 412) return undefined;
      throw error;
    }
  }

  const put = async (
    key: string,
    body: string | Uint8Array,
    contentType: string,
    signal: AbortSignal | undefined,
    condition: { IfMatch?: ETag; IfNoneMatch?: '*' } = {},
  ): Promise<ETag> => {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      // As a buffer, because the SDK treats an empty string as a body of unknown length.
      Body: typeof body === 'string' ? Buffer.from(body) : body,
      ContentType: contentType,
      ...condition,
    });
    return etagOf(await s3.send(command, signal ? { abortSignal: signal } : {}));
  };

  const reading = (key: string) => ({ key, doing: 'read', actions: READING }) as const;
  const writing = (key: string) => ({ key, doing: 'write', actions: ['s3:PutObject'] }) as const;

  return {
    url,

    read: (key, { signal } = {}) =>
      call(reading(key), signal, async () => {
        for (;;) {
          const answer = await get(key, {}, signal);
          try {
            return answer && { body: await readWhole(answer.Body, signal), etag: etagOf(answer) };
          } catch (error) {
            if (!(error instanceof ObjectChangedError)) throw error;
          }
        }
      }),

    readRange: (key, { offset, length, ifMatch }, { signal } = {}) =>
      call(reading(key), signal, async () => {
        // S3 ignores an invalid range such as "bytes=5-4" and returns the whole object.
        if (length === 0) return Buffer.alloc(0);
        const input = { Range: `bytes=${offset}-${offset + length - 1}`, IfMatch: ifMatch };
        const answer = await get(key, input, signal).catch((error: unknown) => {
          throw httpStatusOf(error) === 416 ? tooShort(`${url}/${key}`, offset + length) : error;
        });
        if (answer === undefined) return undefined;
        const body = await readWhole(answer.Body, signal).catch((error: unknown) => {
          if (!(error instanceof ObjectChangedError)) throw error;
        });
        if (body === undefined) return undefined;
        if (body.length !== length) throw tooShort(`${url}/${key}`, offset + length);
        return body;
      }),

    readStream: (key, { signal } = {}) =>
      call(reading(key), signal, async () => {
        const answer = await get(key, {}, signal);
        return answer && explainedStream(key, toReadable(answer.Body), signal);
      }),

    write: (key, body, contentType, { signal } = {}) =>
      call(writing(key), signal, () => put(key, body, contentType, signal)),

    writeStream: async (key, source, contentType, { signal } = {}) => {
      const watched = watchSource(source, signal);
      const actions = ['s3:PutObject', 's3:AbortMultipartUpload'];
      return call({ key, doing: 'write', actions }, signal, () =>
        uploadStream({ s3, bucket, key, contentType }, watched.chunks, signal),
      ).catch(watched.rethrow);
    },

    // If the connection breaks after the write, the S3 client's retry conflicts with its own first attempt and gets 412. On
    // `undefined`, callers therefore read the object, which may be the one that they have written.
    compareAndSwap: (key, body, contentType, expected, { signal } = {}) => {
      const condition = expected === null ? ({ IfNoneMatch: '*' } as const) : { IfMatch: expected };
      const actions = expected === null ? ['s3:PutObject'] : ['s3:PutObject', 's3:GetObject'];
      return call({ key, doing: 'write', actions }, signal, async () => {
        try {
          return await put(key, body, contentType, signal, condition);
        } catch (error) {
          if (isLostSwap(error)) return undefined;
          throw error;
        }
      });
    },

    list: (prefix, options) => list(prefix, options),

    listFolders: async (prefix, { signal } = {}) => {
      const folders: string[] = [];
      for await (const page of listPages({ Prefix: prefix, Delimiter: '/' }, signal))
        folders.push(...page.folders);
      return folders;
    },
  };

  /** Wraps a body so that errors in the middle of the stream are explained too. */
  function explainedStream(key: string, body: Readable, signal: AbortSignal | undefined): Readable {
    const explained = new PassThrough();
    call(reading(key), signal, () => finished(body)).catch((error) => explained.destroy(error));
    explained.once('close', () => body.destroy());
    return destroyOnAbort(body.pipe(explained), signal);
  }

  async function* list(prefix: string, { signal }: LakeOptions = {}): AsyncGenerator<LakeEntry> {
    for await (const { entries } of listPages({ Prefix: prefix }, signal)) yield* entries;
  }

  async function* listPages(
    input: { readonly Prefix: string; readonly Delimiter?: '/' },
    signal: AbortSignal | undefined,
  ) {
    const pages = paginateListObjectsV2(
      { client: s3 },
      { Bucket: bucket, ...input },
      { abortSignal: signal },
    );
    const listing = { key: input.Prefix, doing: 'list', actions: ['s3:ListBucket'] } as const;
    while (true) {
      const page = await call(listing, signal, async () => {
        const { done, value } = await pages.next();
        if (done) return undefined;
        const { Contents = [], CommonPrefixes = [] } = value;
        return {
          entries: Contents.map(toEntry),
          folders: CommonPrefixes.flatMap(({ Prefix }) => Prefix ?? []),
        };
      });
      if (page === undefined) return;
      yield page;
    }
  }
}

function toEntry({ Key, Size, ETag, LastModified }: _Object): LakeEntry {
  if (Key === undefined || LastModified === undefined) throw new NotS3Error('key or date for an object');
  return { key: Key, sizeBytes: Size ?? 0, etag: etagOf({ ETag }), lastModified: LastModified };
}

/**
 * Whether a conditional write failed because of another writer. 412: the version differs. 409: another conditional write
 * is in progress. 404: the object to replace was deleted.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function isLostSwap(error: unknown): boolean {
  const status = httpStatusOf(error);
  return status === 412 || status === 409 || (error instanceof Error && error.name === 'NoSuchKey');
}

function tooShort(place: string, end: number): UserError {
  return new UserError(
    `${place} is truncated: it ends before byte ${end}. Delete it and run the command again.`,
  );
}

/** In Node, the SDK returns the HTTP response itself as the body. */
function toReadable(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new Error('S3 answered without a stream.');
}

async function readWhole(body: unknown, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of destroyOnAbort(toReadable(body), signal)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
