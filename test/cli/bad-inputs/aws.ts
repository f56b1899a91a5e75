import { answer, type BadInput, PAGE } from './bad-input.ts';

const STATUS = 'status --datalake-bucket-name a-lake';

/** AWS: region, credentials, endpoints, and resources that do not exist. */
export const AWS: readonly BadInput[] = [
  {
    what: 'no region',
    argv: STATUS,
    env: { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
    exitCode: 2,
    sentence: /no AWS region is set\. Set AWS_REGION/,
  },
  {
    what: 'a region with a space',
    argv: STATUS,
    env: { AWS_REGION: 'us east' },
    exitCode: 2,
    sentence: /the AWS region is invalid/,
  },
  {
    what: 'no credentials',
    argv: STATUS,
    env: {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    exitCode: 1,
    sentence: /no valid AWS credentials found/,
  },
  {
    what: 'an endpoint without a scheme',
    argv: STATUS,
    env: { AWS_ENDPOINT_URL: '127.0.0.1:5000' },
    exitCode: 2,
    sentence: /^tdd: AWS_ENDPOINT_URL must be a URL .*\(got "127\.0\.0\.1:5000"\)/,
  },
  {
    what: 'an endpoint at which nothing listens',
    argv: STATUS,
    env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
    exitCode: 1,
    sentence: /S3 cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:9\)/,
  },
  {
    what: 'a page of a proxy',
    argv: STATUS,
    server: answer(200, PAGE),
    env: { AWS_ENDPOINT_URL: '{server}' },
    exitCode: 1,
    sentence: /the response did not come from SQS; a proxy may have sent it/,
  },
  {
    what: 'a bucket that does not exist',
    argv: STATUS,
    exitCode: 2,
    sentence: /The bucket "a-lake" does not exist: .*"tdd deploy /,
  },
  {
    what: 'a queue that does not exist',
    argv: 'simulate --year 2021 --initial TH --queue-name none',
    exitCode: 1,
    sentence: /The queue "none" does not exist: .*"tdd deploy/,
  },
];
