import type { AwsAnswer } from './aws-call.ts';
import type { ObjectInfo } from './bucket-files.ts';
import { type S3Call, type S3Deps, xmlAnswer } from './s3-call.ts';
import { toXml } from './xml.ts';

/** Handles ListObjectsV2, ListObjectVersions and ListMultipartUploads; returns `undefined` for any other call. */
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
  return query.get('list-type') === '2' ? xmlAnswer(listObjects(deps, call)) : undefined;
}

function listObjects(deps: S3Deps, call: S3Call): string {
  const query = call.url.searchParams;
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString();
  const page = readPage(deps, call, after);
  return toXml('ListBucketResult', {
    Name: call.bucketName,
    Prefix: query.get('prefix') ?? '',
    MaxKeys: page.maxKeys,
    Delimiter: query.get('delimiter') ?? undefined,
    KeyCount: page.objects.length + page.folders.length,
    IsTruncated: page.isTruncated,
    NextContinuationToken: page.isTruncated ? Buffer.from(page.last).toString('base64url') : undefined,
    Contents: page.objects.map(contentsOf),
    CommonPrefixes: page.folders.map((Prefix) => ({ Prefix })),
  });
}

/** Buckets in the sandbox have no versioning: each object has one version, named `null`. */
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
  const maxKeys = Math.min(1000, Number(query.get('max-keys') ?? 1000));
  const prefix = query.get('prefix') ?? '';
  const folderOf = folderFinder(prefix, query.get('delimiter'));
  const objects: ObjectInfo[] = [];
  const folders: string[] = [];
  let last = after;
  for (const object of deps.files.list(call.bucketName, prefix, after)) {
    const folder = folderOf(object.key);
    if (folder === undefined || folder !== folders.at(-1)) {
      if (objects.length + folders.length === maxKeys)
        return { objects, folders, last, maxKeys, isTruncated: true };
      if (folder === undefined) objects.push(object);
      else folders.push(folder);
    }
    last = object.key;
  }
  return { objects, folders, last: '', maxKeys, isTruncated: false };
}

/** Creates a function from a key to the part of it, up to the first delimiter after the prefix, that is listed in its place. */
function folderFinder(prefix: string, delimiter: string | null): (key: string) => string | undefined {
  if (delimiter === null || delimiter === '') return () => undefined;
  return (key) => {
    const at = key.indexOf(delimiter, prefix.length);
    return at < 0 ? undefined : key.slice(0, at + delimiter.length);
  };
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
