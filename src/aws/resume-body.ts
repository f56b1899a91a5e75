import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { GetObjectCommandInput, GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { UserError } from '../errors.ts';
import { httpStatusOf } from './errors.ts';
import type { Retries } from './s3-retries.ts';

/** An object was replaced or deleted while it was being read. */
export class ObjectChangedError extends UserError {
  override readonly name = 'ObjectChangedError';
}

/**
 * Makes the body of an object continue where its connection broke off, which the SDK does not.
 * @param first the response to the first request.
 * @param reopen requests a range of the same version of the object.
 * @returns a stream of all bytes. It fails with {@link ObjectChangedError} when the rest of this version no longer exists.
 */
export function resumeBody(
  first: GetObjectCommandOutput,
  input: GetObjectCommandInput,
  reopen: (range: Pick<GetObjectCommandInput, 'Range' | 'IfMatch'>) => Promise<GetObjectCommandOutput>,
  retries: Retries,
): Readable | undefined {
  const { Body, ContentLength = Number.POSITIVE_INFINITY, ContentRange, ETag } = first;
  if (!(Body instanceof Readable)) return undefined;
  const start = startOf(ContentRange);
  const end = start + ContentLength;
  let body: Readable = Body;
  const stream = new PassThrough();
  // A reader that stops early closes the connection, even while no data arrives.
  stream.once('close', () => body.destroy());
  pipeline(readAll(), stream).catch(() => undefined); // The stream has the error.
  return stream;

  async function* readAll(): AsyncGenerator<Uint8Array> {
    let at = start;
    while (true) {
      try {
        for await (const chunk of body) {
          at += chunk.length;
          retries.restart();
          yield chunk;
        }
        return;
      } catch (error) {
        if (stream.destroyed) return;
        if (at >= end) return;
        if (ETag === undefined || end === Number.POSITIVE_INFINITY) throw error;
        await retries.waitAfter(error);
        body = await openRest(at, error);
      }
    }
  }

  async function openRest(at: number, broken: unknown): Promise<Readable> {
    const range = { Range: `bytes=${at}-${end - 1}`, IfMatch: ETag };
    const rest = await retries
      .run(() => reopen(range))
      .catch((error: unknown) => {
        throw [404, 412].includes(httpStatusOf(error) ?? 0) ? changed(error) : error;
      });
    // Some stores ignore ranges.
    if (!(rest.Body instanceof Readable) || startOf(rest.ContentRange) !== at) throw broken;
    if (stream.destroyed) rest.Body.destroy();
    return rest.Body;
  }

  function changed(cause: unknown): ObjectChangedError {
    const { Bucket, Key } = input;
    return new ObjectChangedError(
      `s3://${Bucket}/${Key} was replaced or deleted while it was being read. Run the command again.`,
      { cause },
    );
  }
}

/** The first byte of a response: `bytes 100-199/1000`. */
function startOf(contentRange: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
}
