import { expect, test } from 'vitest';
import { planDeploy } from '../../src/app/deploy.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { UsageError } from '../../src/errors.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test.each([
  ['lambdaName', 'a b', /The function name must be .*\(got "a b"\)/],
  ['queueName', 'films.fifo', /FIFO/],
  ['bucketName', 'Films', /The bucket must be .*\(got "Films"\)/],
  ['workers', 1, /The number of workers must be .*\(got "1"\)/],
  ['workers', 2.5, /The number of workers must be .*\(got "2\.5"\)/],
  ['memorySize', 64, /The memory size must be .*\(got "64"\)/],
])(
  'planDeploy rejects %s %o in settings created by a script, before it calls AWS',
  async (name, value, message) => {
    const settings = {
      ...resolveSettings({ env: {}, file: undefined }),
      bucketName: 'films',
      apiKey: '0'.repeat(32),
    };
    const refuse = () => Promise.reject(new Error('AWS was called'));
    const client = { send: refuse };
    const clients = {
      ...{ iam: client, lambda: client, sqs: client, s3: client, logs: client, sts: client },
      region: refuse,
    };
    const connection = { clients, profile: undefined, clock: createFakeClock() };
    const plan = planDeploy({ ...connection, settings: { ...settings, [name]: value } });
    await expect(plan).rejects.toThrow(UsageError);
    await expect(plan).rejects.toThrow(message);
  },
);
