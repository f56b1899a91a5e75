import { describe, expect, test } from 'vitest';
import { deploymentNames } from '../../src/deploy/names.ts';
import type { Found, ObservedResource, Resource, Situation } from '../../src/deploy/resource.ts';
import { planEventSourcePause } from '../../src/deploy/resources/event-source-pause.ts';
import { Environment } from '../../src/deploy/resources/function-environment.ts';

/** Of a fleet of 4 workers with 40 requests per second, at work, which a deploy leaves as it is. */
const FLEET = {
  enabled: true,
  marked: false,
  messages: 3,
  requestsPerSecond: '40',
  changed: [] as string[],
  workers: 4,
};
const NONE = { disables: false, waitsForWorkers: false, enables: false, resumes: false };

function pauseFor(fleet: Partial<typeof FLEET>) {
  const { enabled, marked, messages, requestsPerSecond, changed, workers } = { ...FLEET, ...fleet };
  const variables = { TMDB_REQUESTS_PER_SECOND: '40', TDD_WORKERS: '4' };
  const found: Record<string, object> = {
    queue: { observed: { messages }, changes: [] },
    function: {
      observed: { hasResumeTag: marked, environment: new Environment(variables) },
      changes: changed.map((property) => ({ property })),
    },
  };
  const input = {
    ...{ lambdaName: 'films', queueName: 'films-queue', bucketName: 'films-lake', memorySizeMb: 512 },
    ...{ region: 'us-east-1', accountId: '123456789012', workers },
    environment: { TMDB_REQUESTS_PER_SECOND: requestsPerSecond },
  };
  const situation: Situation = {
    ...{ input, names: deploymentNames(input), zip: Buffer.alloc(0), refs: {}, otherSources: [] },
    find: <Observed extends ObservedResource>({ kind }: Resource<string, Observed>) =>
      found[kind] as Found<Observed> | undefined,
  };
  return planEventSourcePause({ enabled, maximumConcurrency: 4 }, situation);
}

describe('the event-source pause', () => {
  test.each([
    ['nothing changes', {}],
    ['workers are added to an idle fleet', { workers: 8, messages: 0 }],
    ['workers are added, each with as large a share', { workers: 8, requestsPerSecond: '80' }],
    ['workers are removed', { workers: 2 }],
    ['the budget gets smaller', { requestsPerSecond: '20' }],
    ['only the code changes', { changed: ['CodeSha256'] }],
    ['only the configuration changes', { changed: ['Runtime', 'MemorySize'] }],
    [
      'somebody has disabled the event source',
      { enabled: false, workers: 8, changed: ['Runtime', 'CodeSha256'] },
    ],
  ])('is left out when %s', (_, fleet) => {
    expect(pauseFor(fleet)).toEqual(NONE);
  });

  test('lets running workers end before smaller shares are handed out', () => {
    const pause = { ...NONE, disables: true, waitsForWorkers: true, enables: true };
    expect(pauseFor({ workers: 8 })).toEqual(pause);
    // After a crash the function may have its new share already.
    expect(pauseFor({ workers: 8, requestsPerSecond: '80', marked: true })).toEqual(pause);
  });

  test('covers the time between a new runtime and its code', () => {
    const pause = { ...NONE, disables: true, enables: true };
    expect(pauseFor({ changed: ['Runtime', 'CodeSha256'] })).toEqual(pause);
    expect(pauseFor({ changed: ['Handler', 'Architectures'] })).toEqual(pause);
  });

  test('is completed after a crash', () => {
    const resumed = { ...NONE, enables: true, resumes: true };
    expect(pauseFor({ enabled: false, marked: true })).toEqual(resumed);
    expect(pauseFor({ enabled: false, marked: true, workers: 8 })).toEqual({
      ...resumed,
      waitsForWorkers: true,
    });
  });
});
