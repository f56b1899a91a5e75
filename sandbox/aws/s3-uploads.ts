import { createHash, randomUUID } from 'node:crypto';
import { type AwsAnswer, AwsError } from './aws-call.ts';
import { type S3Call, type S3Deps, type Upload, xmlAnswer } from './s3-call.ts';
import { checkWriteConditions, decodeBody, labelOf } from './s3-objects.ts';
import { readXmlElements, readXmlTexts, toXml } from './xml.ts';

const MINIMUM_PART_BYTES = 5 * 1024 * 1024;

/** CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload. */
export function handleUpload(deps: S3Deps, call: S3Call): AwsAnswer {
  const query = call.url.searchParams;
  const id = query.get('uploadId');
  if (id === null) {
    const upload = {
      id: randomUUID(),
      bucket: call.bucketName,
      key: call.key,
      label: labelOf(call),
      parts: new Map(),
    };
    deps.uploads.byId.set(upload.id, upload);
    const result = { Bucket: call.bucketName, Key: call.key, UploadId: upload.id };
    return xmlAnswer(toXml('InitiateMultipartUploadResult', result));
  }
  const upload = deps.uploads.byId.get(id);
  if (upload?.bucket !== call.bucketName || upload.key !== call.key) {
    throw new AwsError(404, 'NoSuchUpload', 'The specified upload does not exist.');
  }
  if (call.method === 'PUT') {
    const part = decodeBody(call);
    upload.parts.set(Number(query.get('partNumber')), part);
    return { status: 200, headers: { etag: `"${md5(part).toString('hex')}"` } };
  }
  if (call.method === 'POST') return completeUpload(deps, call, upload);
  deps.uploads.byId.delete(id);
  return { status: 204 };
}

function completeUpload(deps: S3Deps, call: S3Call, upload: Upload): AwsAnswer {
  const given = readXmlElements(call.body.toString(), 'Part').map((part) => ({
    number: Number(readXmlTexts(part, 'PartNumber')[0]),
    etag: readXmlTexts(part, 'ETag')[0]?.replaceAll('"', ''),
  }));
  if (given.length === 0) throw new AwsError(400, 'MalformedXML', 'The XML you provided was not well-formed');
  if (given.some(({ number }, at) => at > 0 && number <= (given[at - 1]?.number ?? 0))) {
    throw new AwsError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const parts = given.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (!part || md5(part).toString('hex') !== etag) {
      throw new AwsError(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
    }
    return part;
  });
  if (parts.slice(0, -1).some((part) => part.length < MINIMUM_PART_BYTES)) {
    throw new AwsError(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
    );
  }
  checkWriteConditions(call, deps.files.find(call.bucketName, call.key));
  const etag = `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}"`;
  deps.files.put(call.bucketName, call.key, Buffer.concat(parts), { ...upload.label, etag });
  deps.uploads.byId.delete(upload.id);
  const result = { Bucket: call.bucketName, Key: call.key, ETag: etag };
  return xmlAnswer(toXml('CompleteMultipartUploadResult', result));
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}
