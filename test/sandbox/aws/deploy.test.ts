import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { applyDeployment } from '../../../src/deploy/apply.ts';
import { planDeployment } from '../../../src/deploy/plan.ts';
import { INPUT, ZIP } from '../../deploy/cloud.ts';
import { startTestAws, type TestAws } from './support.ts';

describe('tdd deploy in the sandbox', () => {
  let test: TestAws;
  beforeAll(async () => {
    test = await startTestAws({ roleDelayMs: 1_000, updateDelayMs: 100 });
  });
  afterAll(() => test.stop());

  it('makes everything, waiting where AWS makes it wait, and changes nothing the second time', async () => {
    const clients = { ...test, logs: test.cloudWatchLogs };
    const deps = { clients, clock: systemClock };
    const input = { ...INPUT, accountId: '000000000000' };
    const plan = await planDeployment(deps, { input, zip: ZIP });
    expect(plan.resources.map(({ action }) => action)).toEqual(Array(7).fill('create'));
    await applyDeployment(deps, plan, {});

    const second = await planDeployment(deps, { input, zip: ZIP });
    expect(second.steps).toEqual([]);
    expect(second.resources.map(({ action }) => action)).toEqual(Array(7).fill('unchanged'));
  });
});
