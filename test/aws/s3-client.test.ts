import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createS3Client } from '../../src/aws/s3-client.ts';
import { systemClock } from '../../src/clock.ts';
import { tempFolders } from '../support/temp-folder.ts';

const makeFolder = tempFolders();
let configFile: string;
beforeEach(() => {
  configFile = join(makeFolder(), 'config');
  vi.stubEnv('AWS_CONFIG_FILE', configFile);
  for (const name of ['AWS_PROFILE', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

/** The address to which the client would send a request for the bucket. */
async function addressOf(env: Record<string, string>): Promise<string> {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  const s3 = createS3Client(
    { env, clock: systemClock, random: Math.random },
    { region: 'eu-west-1', credentials },
  );
  const addressed = new Promise<string>((resolve) => {
    s3.middlewareStack.add(
      () => async (args) => {
        const { hostname, path } = args.request as { hostname: string; path: string };
        resolve(`${hostname}${path}`);
        throw new Error('Not sent.');
      },
      { step: 'finalizeRequest' },
    );
  });
  await s3.send(new HeadBucketCommand({ Bucket: 'data-lake' })).catch(() => {});
  return addressed;
}

test('uses path style with a custom endpoint, and prefers the endpoint that is specific to S3', async () => {
  const env = { AWS_ENDPOINT_URL: 'http://common.test', AWS_ENDPOINT_URL_S3: 'http://s3.test' };
  expect(await addressOf(env)).toBe('s3.test/data-lake/');
  expect(await addressOf({ AWS_ENDPOINT_URL: 'http://common.test' })).toBe('common.test/data-lake/');
});

test.each([
  'endpoint_url = http://profile.test',
  'services = local\n[services local]\ns3 =\n  endpoint_url = http://profile.test',
])("uses path style with a profile's endpoint: %j", async (lines) => {
  await writeFile(configFile, `[default]\n${lines}\n`);
  expect(await addressOf({})).toBe('profile.test/data-lake/');
});

test('uses AWS without a custom endpoint', async () => {
  const amazon = 'data-lake.s3.eu-west-1.amazonaws.com/';
  expect(await addressOf({})).toBe(amazon);
  const env = { AWS_ENDPOINT_URL: 'http://common.test', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
  expect(await addressOf(env)).toBe(amazon);
});
