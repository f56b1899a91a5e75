import { describe, expect, test } from 'vitest';
import { deploymentNames } from '../../src/deploy/names.ts';
import type { Found, ObservedResource, Resource, Situation } from '../../src/deploy/resource.ts';
import { planEventSourcePause } from '../../src/deploy/resources/event-source-pause.ts';
import { Environment } from '../../src/deploy/resources/function-environment.ts';

/** A busy fleet of 4 workers with 40 requests per second, which a deploy does not change. */
const FLEET = {
  enabled: true,
  marked: false,
  messages: 3,
  requestsPerSecond: '40',
  changed: [] as string[],
  removed: [] as string[],
  workers: 4,
};
const NONE = { disables: false, waitsBecauseOf: undefined, enables: false, resumes: false };

function pauseFor(fleet: Partial<typeof FLEET>) {
  const { enabled, marked, messages, requestsPerSecond, changed, removed, workers } = { ...FLEET, ...fleet };
  const variables = { TMDB_REQUESTS_PER_SECOND: '40', TDD_WORKERS: '4' };
  const found: Record<string, object> = {
    queue: { observed: { messages }, changes: [] },
    function: {
      observed: { hasResumeTag: marked, environment: new Environment(variables) },
      changes: [
        ...changed.map((property) => ({ property, new: 'changed' })),
        ...removed.map((property) => ({ property, old: '(hidden)' })),
      ],
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
    ['workers are added, with the same share for each', { workers: 8, requestsPerSecond: '80' }],
    ['workers are removed', { workers: 2 }],
    ['the rate budget gets smaller', { requestsPerSecond: '20' }],
    ['only the code changes', { changed: ['CodeSha256'] }],
    ['only the configuration changes', { changed: ['Runtime', 'MemorySize'] }],
    [
      'only the rate changes',
      { changed: ['Environment.TMDB_REQUESTS_PER_SECOND', 'Environment.TDD_WORKERS'] },
    ],
    ['the settings of an idle fleet change', { changed: ['Environment.TMDB_LANGUAGE'], messages: 0 }],
    ["another tool's variable is removed", { removed: ['Environment.API_KEY'] }],
    ['a user has resumed the fleet after a deploy was killed', { marked: true }],
    [
      'a user has paused the fleet after a deploy was killed, which removed its tag',
      { enabled: false, marked: false },
    ],
    [
      'a user has disabled the event source',
      { enabled: false, workers: 8, changed: ['Runtime', 'CodeSha256'] },
    ],
  ])('is omitted when %s', (_, fleet) => {
    expect(pauseFor(fleet)).toEqual(NONE);
  });

  test('waits for running workers when their share of the rate budget gets smaller', () => {
    const pause = { ...NONE, disables: true, waitsBecauseOf: 'rate', enables: true };
    expect(pauseFor({ workers: 8 })).toEqual(pause);
    // After a crash, the function may already have the new share.
    expect(pauseFor({ workers: 8, requestsPerSecond: '80', marked: true })).toEqual(pause);
  });

  test('waits for running workers, which would take messages of the next launch, when their settings change', () => {
    const changed = ['Environment.TMDB_LANGUAGE'];
    const pause = { ...NONE, disables: true, waitsBecauseOf: 'settings', enables: true };
    expect(pauseFor({ changed })).toEqual(pause);
    expect(pauseFor({ removed: ['Environment.TMDB_APPEND'] })).toEqual(pause); // Nothing is appended any more.
    const interrupted = { changed, enabled: false, marked: true };
    expect(pauseFor(interrupted)).toEqual({ ...pause, disables: false, resumes: true });
  });

  test('lasts from the new runtime to the new code', () => {
    const pause = { ...NONE, disables: true, enables: true };
    expect(pauseFor({ changed: ['Runtime', 'CodeSha256'] })).toEqual(pause);
    expect(pauseFor({ changed: ['Handler', 'Architectures'] })).toEqual(pause);
  });

  test('is resumed after a crash', () => {
    const resumed = { ...NONE, enables: true, resumes: true };
    expect(pauseFor({ enabled: false, marked: true })).toEqual(resumed);
    expect(pauseFor({ enabled: false, marked: true, workers: 8 })).toEqual({
      ...resumed,
      waitsBecauseOf: 'rate',
    });
  });
});
