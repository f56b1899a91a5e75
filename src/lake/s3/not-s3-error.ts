/** The server's response lacks what every response of S3 has. */
export class NotS3Error extends Error {
  override readonly name = 'NotS3Error';
  constructor(missing: string) {
    super(
      `the server is not S3: its response has no ${missing}. Check the network, the proxy and AWS_ENDPOINT_URL.`,
    );
  }
}

/** The version of an object. @throws {NotS3Error} when the response has none. */
export function etagOf({ ETag }: { readonly ETag?: string | undefined }): string {
  if (ETag === undefined) throw new NotS3Error('ETag');
  return ETag;
}
