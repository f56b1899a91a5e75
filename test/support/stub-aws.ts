import { vi } from 'vitest';

/**
 * Makes the SDK in this process use AWS at `url` until `vi.unstubAllEnvs`.
 * @returns the same environment for the program, with a bucket name.
 */
export function stubAws(url: string): Readonly<Record<string, string>> {
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    DATALAKE_BUCKET_NAME: 'the-lake',
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return env;
}
