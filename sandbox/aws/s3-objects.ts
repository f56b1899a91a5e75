import { createReadStream, openSync } from 'node:fs';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import type { ObjectInfo } from './bucket-files.ts';
import { type S3Call, type S3Deps, xmlAnswer } from './s3-call.ts';
import { readXmlElements, readXmlTexts, toXml } from './xml.ts';

/** PutObject. Nothing is awaited between the conditions and the write, so concurrent writes cannot both succeed. */
export function putObject(deps: S3Deps, call: S3Call): AwsAnswer {
  if (call.headers['x-amz-copy-source']) {
    throw new AwsError(501, 'NotImplemented', 'The sandbox does not implement CopyObject.');
  }
  const body = decodeBody(call);
  checkWriteConditions(call, deps.files.find(call.bucketName, call.key));
  const { etag } = deps.files.put(call.bucketName, call.key, body, labelOf(call));
  return { status: 200, headers: { etag } };
}

/**
 * Rejects a write whose `If-Match` or `If-None-Match: *` fails.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteConditions(call: AwsCall, existing: ObjectInfo | undefined): void {
  const ifMatch = call.headers['if-match'];
  const ifNoneMatch = call.headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new AwsError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
    );
  }
  if (ifNoneMatch === '*' && existing) throw preconditionFailed();
  if (ifMatch !== undefined) {
    if (!existing) throw noSuchKey();
    if (!sameEtag(ifMatch, existing.etag)) throw preconditionFailed();
  }
}

/** Reads the metadata of an object from the headers. */
export function labelOf(call: AwsCall): { contentType: string; metadata: Record<string, string> } {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = String(value);
  }
  return { contentType: call.headers['content-type'] ?? 'binary/octet-stream', metadata };
}

/** GetObject and HeadObject, with ranges and conditions. */
export function getObject(deps: S3Deps, call: S3Call): AwsAnswer {
  const object = deps.files.find(call.bucketName, call.key);
  if (!object) throw noSuchKey();
  const ifMatch = call.headers['if-match'];
  if (ifMatch !== undefined && !sameEtag(ifMatch, object.etag)) throw preconditionFailed();
  const range = readRange(call.headers.range, object.sizeBytes);
  const length = range ? range.end - range.start + 1 : object.sizeBytes;
  const headers: Record<string, string> = {
    etag: object.etag,
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    'content-type': object.contentType,
    'content-length': String(length),
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(object.metadata)) headers[`x-amz-meta-${name}`] = value;
  if (range) headers['content-range'] = `bytes ${range.start}-${range.end}/${object.sizeBytes}`;
  const status = range ? 206 : 200;
  if (call.method === 'HEAD' || length === 0) return { status, headers };
  // Opened now, because a later write replaces the file and must not affect this reader.
  const fd = openSync(object.file, 'r');
  return { status, headers, body: createReadStream('', { fd, ...range }) };
}

/** DeleteObjects. Missing keys count as deleted. */
export function deleteObjects(deps: S3Deps, call: S3Call): AwsAnswer {
  const body = call.body.toString();
  const keys = readXmlElements(body, 'Object').flatMap((object) => readXmlTexts(object, 'Key'));
  for (const key of keys) deps.files.remove(call.bucketName, key);
  const isQuiet = readXmlTexts(body, 'Quiet')[0] === 'true';
  return xmlAnswer(toXml('DeleteResult', isQuiet ? {} : { Deleted: keys.map((Key) => ({ Key })) }));
}

/**
 * Decodes a body that an SDK sent in chunks with a trailing checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function decodeBody(call: AwsCall): Buffer {
  if (!call.headers['x-amz-content-sha256']?.toString().startsWith('STREAMING-')) return call.body;
  const pieces: Buffer[] = [];
  for (let at = 0; at < call.body.length; ) {
    const endOfHead = call.body.indexOf('\r\n', at);
    const length = Number.parseInt(call.body.toString('latin1', at, endOfHead), 16);
    if (endOfHead < 0 || Number.isNaN(length)) {
      throw new AwsError(400, 'IncompleteBody', 'The request body terminated unexpectedly');
    }
    if (length === 0) break;
    pieces.push(call.body.subarray(endOfHead + 2, endOfHead + 2 + length));
    at = endOfHead + 2 + length + 2;
  }
  return Buffer.concat(pieces);
}

function noSuchKey(): AwsError {
  return new AwsError(404, 'NoSuchKey', 'The specified key does not exist.');
}

function preconditionFailed(): AwsError {
  return new AwsError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
  );
}

function sameEtag(given: string, etag: string): boolean {
  return given.replaceAll('"', '') === etag.replaceAll('"', '');
}

/** Ignores a header that is not a byte range, as S3 does; rejects a range outside the object. */
function readRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, sizeBytes - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  if (start > end) throw new AwsError(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { start, end };
}
