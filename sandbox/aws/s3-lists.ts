import type { AwsAnswer } from './aws-call.ts';
import type { ObjectInfo } from './bucket-files.ts';
import { type S3Call, type S3Deps, xmlAnswer } from './s3-call.ts';
import { toXml, type XmlValue } from './xml.ts';

/** ListObjects, ListObjectsV2, ListObjectVersions or ListMultipartUploads; `undefined` for another call. */
export function listBucket(deps: S3Deps, call: S3Call): AwsAnswer | undefined {
  const query = call.url.searchParams;
  if (call.method !== 'GET') return undefined;
  if (query.has('uploads')) {
    const Upload = deps.uploads.of(call.bucketName).map(({ id, key }) => ({ Key: key, UploadId: id }));
    return xmlAnswer(
      toXml('ListMultipartUploadsResult', { Bucket: call.bucketName, IsTruncated: false, Upload }),
    );
  }
  if (query.has('versions')) return xmlAnswer(listVersions(deps, call));
  const others = ['tagging', 'lifecycle', 'publicAccessBlock', 'location', 'versioning'];
  if (others.some((name) => query.has(name))) return undefined;
  return xmlAnswer(listObjects(deps, call));
}

function listObjects(deps: S3Deps, call: S3Call): string {
  const query = call.url.searchParams;
  const isSecond = query.get('list-type') === '2';
  const token = query.get('continuation-token');
  const after = isSecond
    ? token
      ? Buffer.from(token, 'base64url').toString()
      : (query.get('start-after') ?? '')
    : (query.get('marker') ?? '');
  const page = readPage(deps, call, after);
  const next = page.isTruncated ? page.last : undefined;
  return toXml('ListBucketResult', {
    Name: call.bucketName,
    Prefix: query.get('prefix') ?? '',
    MaxKeys: page.maxKeys,
    KeyCount: isSecond ? page.objects.length + page.prefixes.length : undefined,
    IsTruncated: page.isTruncated,
    NextContinuationToken: isSecond && next ? Buffer.from(next).toString('base64url') : undefined,
    NextMarker: isSecond ? undefined : next,
    Contents: page.objects.map((object) => encodeKey(call, contentsOf(object))),
    CommonPrefixes: page.prefixes.map((Prefix) => ({ Prefix })),
  });
}

/** No bucket of the sandbox has versioning: each object is its only version, named `null`. */
function listVersions(deps: S3Deps, call: S3Call): string {
  const page = readPage(deps, call, call.url.searchParams.get('key-marker') ?? '');
  return toXml('ListVersionsResult', {
    Name: call.bucketName,
    IsTruncated: page.isTruncated,
    NextKeyMarker: page.isTruncated ? page.last : undefined,
    NextVersionIdMarker: page.isTruncated ? 'null' : undefined,
    Version: page.objects.map((object) => ({ ...contentsOf(object), VersionId: 'null', IsLatest: true })),
  });
}

function readPage(deps: S3Deps, call: S3Call, after: string) {
  const query = call.url.searchParams;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = Math.min(1000, Number(query.get('max-keys') ?? 1000));
  const objects: ObjectInfo[] = [];
  const prefixes: string[] = [];
  let last = after;
  for (const object of deps.files.list(call.bucketName, prefix, after)) {
    const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? undefined : object.key.slice(0, cut + delimiter.length);
    // A page that ended with a common prefix goes on behind all keys of that prefix.
    if (group !== undefined && (group === prefixes.at(-1) || group === after)) continue;
    if (objects.length + prefixes.length === maxKeys) {
      return { objects, prefixes, last, maxKeys, isTruncated: true };
    }
    if (group === undefined) objects.push(object);
    else prefixes.push(group);
    last = group ?? object.key;
  }
  return { objects, prefixes, last, maxKeys, isTruncated: false };
}

function contentsOf(object: ObjectInfo) {
  return {
    Key: object.key,
    LastModified: new Date(object.modifiedMs).toISOString(),
    ETag: object.etag,
    Size: object.sizeBytes,
    StorageClass: 'STANDARD',
  };
}

function encodeKey<T extends { Key: string }>(call: S3Call, entry: T): XmlValue & T {
  const isEncoded = call.url.searchParams.get('encoding-type') === 'url';
  return { ...entry, Key: isEncoded ? encodeURIComponent(entry.Key).replaceAll('%2F', '/') : entry.Key };
}
