import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLimit } from '../src/limit.ts';

it('does work in order while its weight fits into the limit, heavier work alone, and work of weight 0 at once', async () => {
  const limit = createLimit(10);
  const begun: string[] = [];
  const together: number[] = [];
  let weightNow = 0;
  const work = (name: string, weight: number) =>
    limit.run(async () => {
      begun.push(name);
      weightNow += weight;
      together.push(weightNow);
      await setImmediate();
      weightNow -= weight;
    }, weight);
  await Promise.all([work('a', 6), work('b', 4), work('heavy', 99), work('c', 1), work('none', 0)]);
  expect(begun).toEqual(['none', 'a', 'b', 'heavy', 'c']);
  expect(together).toEqual([0, 6, 10, 99, 1]);
});

it('gives the space of failed work to the next', async () => {
  const limit = createLimit(1);
  const failed = limit.run(() => Promise.reject(new Error('failed')));
  const next = limit.run(async () => 'done');
  await expect(failed).rejects.toThrow('failed');
  expect(await next).toBe('done');
});
