import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/lake.ts';
import { type LakeLocation, parseLakeUrl } from '../lake/open-lake.ts';
import type { CommandContext } from './context.ts';

/**
 * The lake a command works on: `--to`, else the bucket of the settings, which is asked for when it is missing.
 * @throws {UsageError} for a place that is none.
 */
export async function readLakeLocation(
  context: CommandContext,
  settings: Settings,
  to?: unknown,
): Promise<LakeLocation> {
  if (typeof to !== 'string')
    return { kind: 's3', bucket: await context.requireSetting(settings, 'bucketName') };
  const location = parseLakeUrl(to);
  if (location.kind === 's3') return location;
  return { kind: 'directory', directory: resolve(context.io.cwd, location.directory) };
}

/**
 * Opens a lake, a bucket only after a look at it.
 * @throws {UsageError} when the bucket is absent or another's.
 */
export async function openLakeAt(context: CommandContext, location: LakeLocation): Promise<Lake> {
  const { openLake } = await import('../lake/open-lake.ts');
  const createS3 = async () => {
    const { createS3Client } = await import('../aws/s3-client.ts');
    return createS3Client({ env: context.io.env });
  };
  if (location.kind === 'directory') return openLake({ createS3 }, location);
  const s3 = await createS3();
  const { checkBucket } = await import('../lake/s3/check-bucket.ts');
  await checkBucket({ s3, bucket: location.bucket }, { signal: context.signal });
  return openLake({ createS3: () => s3 }, location);
}
